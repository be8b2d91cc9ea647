"""What is wrong with a person's input, in Chinese and English."""

from agent_gateway.faults.sentences import fault, problem_zh

__all__ = ["fault", "problem_zh"]
