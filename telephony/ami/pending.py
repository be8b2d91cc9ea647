"""An action on its way: which messages answer it, and when the answer is complete."""

from __future__ import annotations

from collections.abc import Mapping

from panoramisk.actions import Action

from telephony.ami.errors import AmiRefused
from telephony.ami.message import AmiMessage, AmiResponse
from telephony.ami.values import FieldValue, checked_fields


class PendingAction(Action):  # type: ignore[misc]  # panoramisk is untyped
    """panoramisk's action with our rules of completeness, and checked on construction.

    The stock rules wait for ever for a second answer to QueueAdd, and give a list or a single
    response depending on the wording of a message.
    """

    def __init__(self, fields: Mapping[str, FieldValue], completes_on: str = "") -> None:
        checked_fields(fields)
        super().__init__(dict(fields))
        self.completes_on = completes_on.lower()
        self.answer: list[AmiMessage] = []

    def wire(self) -> bytes:
        """The action as it is sent, ``Action`` and ``ActionID`` first."""
        lines = checked_fields(dict(self.items()))
        lines.sort(key=lambda line: (line[0].lower() not in ("action", "actionid"), 0))
        return ("".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n").encode()

    def add_message(self, message: AmiMessage) -> bool:
        """Take a message with our ActionID; True when the answer is complete."""
        self.answer.append(message)
        if not self._complete(message):
            return False
        if not self.future.done():
            response = AmiResponse(self.answer)
            if self.answer[0].response == "Error":
                words = response.message or "no reason given"
                name = self["Action"]
                self.future.set_exception(AmiRefused(f"{name} refused: {words}", response))
            else:
                self.future.set_result(response)
        return True

    def _complete(self, message: AmiMessage) -> bool:
        first = self.answer[0]
        if first.response == "Error":
            return True
        if self.completes_on:
            return message.event.lower() == self.completes_on
        if message.get("EventList", "").lower() in ("complete", "cancelled"):
            return True
        if message.event:
            return message.event.lower().endswith("complete")
        return not self._is_list(first)

    @staticmethod
    def _is_list(first: AmiMessage) -> bool:
        words = first.get("Message", "").lower()
        # "Command output follows" is the whole answer; "… will follow" announces a list.
        return first.get("EventList", "").lower() == "start" or "will follow" in words
