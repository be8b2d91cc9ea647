"""The throw-away configuration of the Asterisk that plays the telephones."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from telephony.asterisk.installation import Installation

LOOPBACK = "127.0.0.1"
AMI_USER = "phone"
AGENTS_FILE = "agents.conf"

# chan_pjsip wants pubsub, the SDP handler wants the RTP engine; everything else is used below.
MODULES = (
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_sorcery_memory_cache",
    "res_pjproject",
    "res_timing_timerfd",
    "res_rtp_asterisk",
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_sdp_rtp",
    "res_pjsip_caller_id",
    "res_pjsip_authenticator_digest",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_outbound_registration",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_header_funcs",
    "res_pjsip_rfc3326",
    "res_pjsip_pubsub",
    "chan_pjsip",
    "pbx_config",
    "codec_alaw",
    "codec_ulaw",
    "format_wav",
    "format_pcm",
    "bridge_holding",
    "app_bridgewait",
    "app_playback",
    "app_mixmonitor",
    "app_senddtmf",
    "app_userevent",
    "func_channel",
    "func_callerid",
    "func_talkdetect",
)


@dataclass(frozen=True, slots=True)
class PhonePlan:
    """Where one telephone exchange lives and whom it calls.

    Attributes:
        home: its folder; removed afterwards.
        hotline: SIP address of the hotline.
        codec: ``alaw`` or ``ulaw``.
        sip_port: its own UDP port on the loopback.
        ami_port: its own TCP port on the loopback.
        ami_secret: password of its one manager account.
    """

    home: Path
    hotline: tuple[str, int]
    codec: str
    sip_port: int
    ami_port: int
    ami_secret: str

    @property
    def config(self) -> Path:
        """The file that Asterisk is started with."""
        return self.home / "etc" / "asterisk.conf"

    @property
    def heard(self) -> Path:
        """Folder of what the telephones heard."""
        return self.home / "heard"

    @property
    def speech(self) -> Path:
        """Folder of what the telephones say."""
        return self.home / "speech"

    @property
    def log(self) -> Path:
        """Asterisk's own log."""
        return self.home / "log" / "messages.log"


def free_port(kind: socket.SocketKind) -> int:
    """A port of the loopback that nobody uses now (TCP or UDP)."""
    with socket.socket(socket.AF_INET, kind) as trial:
        trial.bind((LOOPBACK, 0))
        port: int = trial.getsockname()[1]
        return port


def write_configuration(plan: PhonePlan, installation: Installation) -> None:
    """Write all files into the plan's folder (blocking)."""
    for name in ("etc", "run", "log", "spool", "db", "keys", "heard", "speech"):
        (plan.home / name).mkdir()
    files = {
        "asterisk.conf": _asterisk(plan, installation),
        "modules.conf": _modules(),
        "pjsip.conf": _pjsip(plan),
        AGENTS_FILE: "",
        "extensions.conf": _EXTENSIONS,
        "manager.conf": _manager(plan),
        "rtp.conf": "[general]\nrtpstart=30000\nrtpend=39999\nicesupport=no\nstrictrtp=yes\n",
        "logger.conf": "[logfiles]\nmessages.log => notice,warning,error\n",
        # each would only be complained about if it were not there
        **dict.fromkeys(("stasis.conf", "cdr.conf", "udptl.conf", "features.conf"), ""),
        **dict.fromkeys(("indications.conf", "codecs.conf", "sorcery.conf", "acl.conf"), ""),
        **dict.fromkeys(("pjproject.conf", "extconfig.conf", "dnsmgr.conf", "ccss.conf"), ""),
        **dict.fromkeys(("cli.conf", "http.conf", "cel.conf"), ""),
    }
    for name, text in files.items():
        path = plan.home / "etc" / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")


def agent_section(username: str, password: str, plan: PhonePlan) -> str:
    """The lines of ``agents.conf`` with which one telephone registers at the hotline."""
    host, port = plan.hotline
    return f"""
[{username}]
type=auth
auth_type=userpass
username={username}
password={password}

[{username}]
type=registration
transport=udp
outbound_auth={username}
server_uri=sip:{host}:{port}
client_uri=sip:{username}@{host}:{port}
contact_user={username}
expiration=300
retry_interval=5
max_retries=3
max_random_initial_delay=0

[{username}]
type=endpoint
transport=udp
context=incoming
disallow=all
allow={plan.codec}
outbound_auth={username}
from_user={username}
direct_media=no
dtmf_mode=rfc4733
moh_passthrough=yes
"""


def _asterisk(plan: PhonePlan, installation: Installation) -> str:
    home = plan.home
    return f"""[directories]
astetcdir => {home}/etc
astmoddir => {installation.modules_dir}
astvarlibdir => {home}/db
astdbdir => {home}/db
astkeydir => {home}/keys
astdatadir => {installation.data_dir}
astagidir => {home}/db
astspooldir => {home}/spool
astrundir => {home}/run
astlogdir => {home}/log
[options]
systemname=phone
transmit_silence=yes
"""


def _modules() -> str:
    return "[modules]\nautoload=no\n" + "".join(f"load={name}.so\n" for name in MODULES)


def _pjsip(plan: PhonePlan) -> str:
    host, port = plan.hotline
    return f"""[global]
type=global
user_agent=telephone
endpoint_identifier_order=ip

[udp]
type=transport
protocol=udp
bind={LOOPBACK}:{plan.sip_port}

[hotline]
type=endpoint
transport=udp
context=incoming
aors=hotline
disallow=all
allow={plan.codec}
direct_media=no
dtmf_mode=rfc4733
moh_passthrough=yes
trust_id_inbound=yes
send_diversion=no

[hotline]
type=aor
contact=sip:{host}:{port}

[hotline]
type=identify
endpoint=hotline
match={host}

#include {AGENTS_FILE}
"""


def _manager(plan: PhonePlan) -> str:
    return f"""[general]
enabled=yes
bindaddr={LOOPBACK}
port={plan.ami_port}
displayconnects=no
[{AMI_USER}]
secret={plan.ami_secret}
deny=0.0.0.0/0.0.0.0
permit={LOOPBACK}/32
read=system,call,user,dtmf
write=system,call,user,originate
writetimeout=5000
"""


# A telephone that does nothing sends silence (transmit_silence), as telephones do.
_EXTENSIONS = """[general]
static=yes
writeprotect=yes

[voice]
exten => idle,1,Wait(86400)
 same => n,Goto(idle,1)
exten => speak,1,Playback(${PHONE_SPEECH})
 same => n,UserEvent(PhoneSpoken,Speech: ${PHONE_SPEECH})
 same => n,Goto(idle,1)
exten => hold,1,BridgeWait(${UNIQUEID},participant,e(h))
exten => answer,1,Answer()
 same => n,Goto(idle,1)
exten => busy,1,Hangup(17)
exten => decline,1,Hangup(21)
exten => vacant,1,Hangup(1)

[incoming]
exten => _.,1,Ringing()
 same => n,Wait(86400)
 same => n,Hangup(19)
"""
