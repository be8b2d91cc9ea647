"""Full stops, commas and question marks for what a recogniser wrote in one breath.

By rules over the words that begin and end clauses in spoken Chinese. A mark that is missing costs a
reader little, a wrong one misleads: only plain places get one. An engine's own marks stay, in their
Chinese form.
"""

from __future__ import annotations

import re
from typing import Final

_MARKS: Final = re.compile(r"[，。？！；：,?!;、…]|\.(?!\d)")
_FULL: Final = {",": "，", "?": "？", "!": "！", ";": "；"}
_HALF: Final = re.compile(r"(?<=[\u4e00-\u9fff])[,?!;]|[,?!;](?=[\u4e00-\u9fff])")
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_GREETING: Final = re.compile(r"^(?:您好|你好|喂|早上好|下午好|晚上好)(?:啊|呀|哎)?(?=.)")
_ANSWER: Final = re.compile(
    r"^(?:好的|好嘞|是的|对的|嗯嗯|嗯|对对|对|行行|不是)(?=.{3})(?![的了吧啊呀是着])"
)
_CONJUNCTION: Final = re.compile(
    r"(?<=.)(?=(?:但是|可是|不过|所以|因为|然后|结果|而且|并且|另外|还有就是|要不然|虽然|反正)(?!呢|啊|$))"
)
_OPENERS: Final = (
    "其实|后来|最后|现在|今天|昨天|前天|到现在|我就|我想|我要|我们|我家|我姓|我叫|我在|我是|我也|我给|我说|我妈|我爸|"
    "您还|您说|您看|请问|请您|请保持|请不要|麻烦|希望|能不能|还没|还有|就没|也没|都没|没人|不让|不给|让我|你们|你看|"
    "他们|她们|它们|他就|人家|谢谢|这个时候|稍后|去找|找他|这个|那个|哎"
)
_BREAK: Final = re.compile(
    rf"(?<=[了吗呢吧啊呀嘛])(?={_OPENERS})|(?<=的)(?=请问|谢谢|麻烦|请您|我们就|您还)"
)
# 呢 and 啊 end statements as often as questions: these words decide.
_ASKING: Final = (
    "什么|甚么|啥|谁|哪|多少|多久|几点|几号|怎么|咋|为什么|凭什么|凭啥|是不是|有没有|能不能|"
    "可不可以|要不要|行不行|好不好|对不对"
)
_QUESTION: Final = re.compile(
    rf"(?:吗|没有|不是吗)$|(?:{_ASKING})[^，了]{{0,2}}[呢啊呀]?$|^(?:请问|怎么|为什么|为啥|凭什么|凭啥|是不是|有没有)|(?:贵姓|怎么称呼)"
)
_STATED: Final = re.compile(
    r"不知道|不管|不晓得|没说|忘了|记不|问一下|没有$(?<=^.{2})|^没有$|反映|举报|投诉"
)


def punctuated(text: str) -> str:
    """The text with marks where they are sure, ending in a full stop or a question mark."""
    if not _CHINESE.search(text):
        return text
    if _MARKS.search(text):
        return _closed(_HALF.sub(lambda found: _FULL[found[0]], text))
    text = _GREETING.sub(lambda found: found[0] + "，", text)
    text = _ANSWER.sub(lambda found: found[0] + "，", text)
    text = _CONJUNCTION.sub("，", _BREAK.sub("，", text))
    text = re.sub(r"，{2,}", "，", text).strip("，")
    return _closed(text)


def _closed(text: str) -> str:
    """With a mark at the end."""
    if text[-1:] in "。？！；…":
        return text
    text = text.rstrip("，、：")
    last = re.split("[，。？！；：]", text)[-1]
    return text + ("？" if _QUESTION.search(last) and not _STATED.search(last) else "。")
