"""The modules that are loaded, and no others: it starts faster and offers less to attack."""

from __future__ import annotations

from pathlib import Path

# bridge_native_rtp is not among them: it passes one telephone's packets on to another as they are,
# and who has heard us before hears another source, with other numbers, in mid-call (ADR 17).
REQUIRED = (
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_timing_timerfd",
    "res_pjproject",
    "res_rtp_asterisk",
    "res_pjsip",
    "res_pjsip_pubsub",
    "res_pjsip_session",
    "res_pjsip_sdp_rtp",
    "res_pjsip_caller_id",
    "res_pjsip_diversion",
    "res_pjsip_dtmf_info",
    "res_pjsip_authenticator_digest",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_header_funcs",
    "res_pjsip_nat",
    "res_pjsip_registrar",
    "res_pjsip_rfc3326",
    "chan_pjsip",
    "pbx_config",
    "codec_alaw",
    "codec_ulaw",
    "codec_a_mu",
    "format_pcm",
    "format_sln",
    "format_wav",
    "res_speech",
    "res_agi",
    "res_musiconhold",
    "res_audiosocket",
    "app_audiosocket",
    "app_channelredirect",
    "app_chanspy",
    "app_confbridge",
    "app_dial",
    "app_exec",
    "app_mixmonitor",
    "app_originate",
    "app_playback",
    "app_queue",
    "app_softhangup",
    "app_stack",
    "app_userevent",
    "app_verbose",
    "bridge_builtin_features",
    "bridge_holding",
    "bridge_simple",
    "bridge_softmix",
    "func_callerid",
    "func_cdr",
    "func_channel",
    "func_cut",
    "func_devstate",
    "func_dialplan",
    "func_hangupcause",
    "func_logic",
    "func_strings",
    "func_timeout",
    "cdr_custom",
)
# What a browser needs of it as a telephone.
SOFTPHONE = (
    "res_http_websocket",
    "res_pjsip_transport_websocket",
    "res_srtp",
)
# Parts that newer versions split off from the modules above; absent in older ones.
IF_PRESENT = ("res_cdrel_custom", "res_pjsip_rfc3329")


def modules_to_load(
    modules_dir: Path, *, softphone: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The modules to load from ``modules_dir`` and the required ones that are missing there."""
    present = {path.stem for path in modules_dir.glob("*.so")}
    required = (*SOFTPHONE, *REQUIRED) if softphone else REQUIRED
    load = tuple(name for name in (*IF_PRESENT, *required) if name in present)
    missing = tuple(name for name in required if name not in present)
    return load, missing
