"""What is wrong with a person's input or file, in Chinese and English."""

from config.faults.sentences import fault, problem_zh, syntax_zh, unreadable_zh

__all__ = ["fault", "problem_zh", "syntax_zh", "unreadable_zh"]
