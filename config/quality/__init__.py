"""Rules by which calls are looked at: what supervisors are told of."""

from config.quality.models import QualityRules, load_quality_rules

__all__ = ["QualityRules", "load_quality_rules"]
