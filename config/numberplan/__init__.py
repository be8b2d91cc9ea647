"""The number plan: public numbers, what became of each, and recognising a dialled one."""

from config.numberplan.dialled import Dialled, DialledEvidence, DialledNumbers, dialled_patterns
from config.numberplan.load import DEFAULT_PLAN, load_number_plan
from config.numberplan.models import (
    AnsweredLine,
    CancelledLine,
    Closed,
    Language,
    Line,
    MergedLine,
    Mode,
    Notice,
    NumberPlan,
    OfficeLine,
    SubCentreLine,
    Text,
    line_names,
)
from config.numberplan.normalise import dialled_digits
from config.numberplan.schedule import day_begins, notices_of
from config.numberplan.treatment import Announcement, HandOn, Treatment, treatment, treatments
from config.numberplan.variants import EMERGENCY_NUMBERS, variants

__all__ = [
    "DEFAULT_PLAN",
    "EMERGENCY_NUMBERS",
    "Announcement",
    "AnsweredLine",
    "CancelledLine",
    "Closed",
    "Dialled",
    "DialledEvidence",
    "DialledNumbers",
    "HandOn",
    "Language",
    "Line",
    "MergedLine",
    "Mode",
    "Notice",
    "NumberPlan",
    "OfficeLine",
    "SubCentreLine",
    "Text",
    "Treatment",
    "day_begins",
    "dialled_digits",
    "dialled_patterns",
    "line_names",
    "load_number_plan",
    "notices_of",
    "treatment",
    "treatments",
    "variants",
]
