"""The actions this project sends, each with the fields it needs and no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from telephony.ami.values import FieldValue, variable


@dataclass(frozen=True, slots=True)
class AmiAction:
    """Fields of an action, and the event that completes its answer ("" = decided by the answer)."""

    fields: dict[str, FieldValue] = field(default_factory=dict)
    completes_on: str = ""


def ping() -> AmiAction:
    """Is anybody there?"""
    return AmiAction({"Action": "Ping"})


def originate(
    channel: str,
    *,
    context: str = "",
    exten: str = "",
    application: str = "",
    data: str = "",
    caller_id: str = "",
    timeout_ms: int = 30_000,
    variables: Mapping[str, str] | None = None,
    channel_id: str = "",
    account: str = "",
    codecs: str = "",
) -> AmiAction:
    """Place a call to ``channel``, then run ``context/exten/1`` or ``application(data)``.

    The answer is complete with the OriginateResponse event, i.e. when the call was answered or
    has failed: give the action a time-out longer than ``timeout_ms``.
    """
    fields: dict[str, FieldValue] = {"Action": "Originate", "Channel": channel, "Async": "true"}
    fields["Timeout"] = timeout_ms
    if application:
        fields |= {"Application": application, "Data": data}
    else:
        fields |= {"Context": context, "Exten": exten, "Priority": "1"}
    extra = {"CallerID": caller_id, "ChannelId": channel_id, "Account": account, "Codecs": codecs}
    fields |= {name: value for name, value in extra.items() if value}
    if variables:
        fields["Variable"] = [variable(name, value) for name, value in variables.items()]
    return AmiAction(fields, completes_on="OriginateResponse")


def redirect(
    channel: str,
    *,
    context: str,
    exten: str,
    priority: int = 1,
    extra_channel: str = "",
    extra_context: str = "",
    extra_exten: str = "",
    extra_priority: int = 1,
) -> AmiAction:
    """Move a channel, and with ``extra_channel`` a second one in the same instant."""
    fields: dict[str, FieldValue] = {
        "Action": "Redirect",
        "Channel": channel,
        "Context": context,
        "Exten": exten,
        "Priority": priority,
    }
    if extra_channel:
        fields |= {
            "ExtraChannel": extra_channel,
            "ExtraContext": extra_context or context,
            "ExtraExten": extra_exten or exten,
            "ExtraPriority": extra_priority,
        }
    return AmiAction(fields)


def hangup(channel: str, *, cause: int = 16) -> AmiAction:
    """End a channel with a Q.850 cause."""
    return AmiAction({"Action": "Hangup", "Channel": channel, "Cause": cause})


def queue_add(
    queue: str, interface: str, *, member_name: str = "", penalty: int = 0, paused: bool = False
) -> AmiAction:
    """Put an interface into a queue."""
    fields: dict[str, FieldValue] = {
        "Action": "QueueAdd",
        "Queue": queue,
        "Interface": interface,
        "StateInterface": interface,
        "Penalty": penalty,
        "Paused": "true" if paused else "false",
    }
    if member_name:
        fields["MemberName"] = member_name
    return AmiAction(fields)


def queue_remove(queue: str, interface: str) -> AmiAction:
    """Take an interface out of a queue."""
    return AmiAction({"Action": "QueueRemove", "Queue": queue, "Interface": interface})


def queue_penalty(queue: str, interface: str, penalty: int) -> AmiAction:
    """Another penalty for a member of a queue."""
    fields: dict[str, FieldValue] = {"Action": "QueuePenalty", "Interface": interface}
    return AmiAction(fields | {"Penalty": penalty, "Queue": queue})


def queue_pause(interface: str, *, paused: bool, queue: str = "", reason: str = "") -> AmiAction:
    """Stop or resume offering calls to an interface, in one queue or (``""``) in all."""
    fields: dict[str, FieldValue] = {
        "Action": "QueuePause",
        "Interface": interface,
        "Paused": "true" if paused else "false",
    }
    if queue:
        fields["Queue"] = queue
    if reason:
        fields["Reason"] = reason
    return AmiAction(fields)


def queue_priority(queue: str, channel: str, priority: int) -> AmiAction:
    """Change a waiting caller's priority and move the caller to the place it gives."""
    return AmiAction(
        {
            "Action": "QueueChangePriorityCaller",
            "Queue": queue,
            "Caller": channel,
            "Priority": priority,
            "Immediate": "yes",
        }
    )


def queue_status(queue: str = "") -> AmiAction:
    """Parameters, members and waiting callers of a queue, or of all."""
    fields: dict[str, FieldValue] = {"Action": "QueueStatus"}
    if queue:
        fields["Queue"] = queue
    return AmiAction(fields, completes_on="QueueStatusComplete")


def core_show_channels() -> AmiAction:
    """Every channel there is."""
    return AmiAction({"Action": "CoreShowChannels"}, completes_on="CoreShowChannelsComplete")


def bridge_list() -> AmiAction:
    """Every bridge there is."""
    return AmiAction({"Action": "BridgeList"}, completes_on="BridgeListComplete")


def getvar(name: str, channel: str = "") -> AmiAction:
    """A channel's variable, or a global one; the answer's header ``Value``."""
    fields: dict[str, FieldValue] = {"Action": "Getvar", "Variable": name}
    if channel:
        fields["Channel"] = channel
    return AmiAction(fields)


def setvar(name: str, value: str, channel: str = "") -> AmiAction:
    """Set a channel's variable, or a global one."""
    fields: dict[str, FieldValue] = {"Action": "Setvar", "Variable": name, "Value": value}
    if channel:
        fields["Channel"] = channel
    return AmiAction(fields)


def show_dialplan(context: str, exten: str) -> AmiAction:
    """What the context has for an extension; refused if nothing there matches it."""
    fields: dict[str, FieldValue] = {"Action": "ShowDialPlan", "Context": context}
    return AmiAction(fields | {"Extension": exten}, completes_on="ShowDialPlanComplete")


def reload_module(module: str = "") -> AmiAction:
    """Read the configuration of a module again, or of all."""
    fields: dict[str, FieldValue] = {"Action": "Reload"}
    if module:
        fields["Module"] = module
    return AmiAction(fields)


def command(line: str) -> AmiAction:
    """A command of the console; the answer's ``output``."""
    return AmiAction({"Action": "Command", "Command": line})


def record(channel: str, *, received: str, sent: str) -> AmiAction:
    """Record a channel into two raw files: what it said, and what it heard."""
    return AmiAction(
        {
            "Action": "MixMonitor",
            "Channel": channel,
            "File": "",
            "Options": f"r({received})t({sent})",
        }
    )


def stop_recording(channel: str) -> AmiAction:
    """End every recording that was begun on the channel."""
    return AmiAction({"Action": "StopMixMonitor", "Channel": channel})


def mute_recording(channel: str, *, muted: bool, direction: str = "both") -> AmiAction:
    """Write silence (``direction``: both, read, write) into the channel's recording."""
    return AmiAction(
        {
            "Action": "MixMonitorMute",
            "Channel": channel,
            "Direction": direction,
            "State": 1 if muted else 0,
        }
    )


def confbridge_kick(conference: str, channel: str = "all") -> AmiAction:
    """Send a channel, or all, out of a conference."""
    return AmiAction({"Action": "ConfbridgeKick", "Conference": conference, "Channel": channel})
