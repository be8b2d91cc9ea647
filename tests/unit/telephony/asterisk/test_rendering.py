"""What is written for Asterisk, and what is never written."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import (
    OutboundSettings,
    QueueSettings,
    Secrets,
    Settings,
    SoftphoneSettings,
)
from telephony.asterisk.rendering import (
    AgentEndpoint,
    DialplanLine,
    DialplanQueue,
    DialplanStage,
    RenderError,
    RenderInput,
    render_asterisk_config,
)
from telephony.asterisk.rendering.modules import REQUIRED, SOFTPHONE

SECRETS = Secrets(
    ami_password="ami-pass",
    ami_observer_password="observer-pass",
    admin_password="admin-pass",
    session_key="key",
)


def source(tmp_path: Path, **changes: object) -> RenderInput:
    modules = tmp_path / "modules"
    modules.mkdir(exist_ok=True)
    for name in (*REQUIRED, *SOFTPHONE):
        (modules / f"{name}.so").touch()
    values: dict[str, object] = {
        "settings": Settings(data_dir=tmp_path / "data"),
        "secrets": SECRETS,
        "lines": (
            DialplanLine(
                "12345",
                ("12345", "093112345"),
                (DialplanStage("hotline", 0, "zh", "greeting-12345"),),
            ),
            DialplanLine(
                "12328",
                ("12328", "+8693112328"),
                (DialplanStage("hotline", 5, "zh", "greeting-12345"),),
            ),
        ),
        "agents": (AgentEndpoint("8001", "abcdefgh12"),),
        "cdr_columns": ("linkedid", "src"),
        "modules_dir": modules,
        "asterisk_data_dir": tmp_path,
        "asterisk_version": (22, 10, 1),
    }
    return RenderInput(**(values | changes))  # type: ignore[arg-type]


def read(tmp_path: Path, name: str) -> str:
    return (tmp_path / "data" / "asterisk" / "etc" / name).read_text(encoding="utf-8")


def test_given_lines_when_rendered_then_every_dialled_form_leads_to_its_line(
    tmp_path: Path,
) -> None:
    render_asterisk_config(source(tmp_path))
    dialplan = read(tmp_path, "extensions.conf")
    assert (
        "exten => +8693112328,1,Set(__HL_DIALLED=+8693112328)\n same => n,Goto(first,12328,1)"
        in (dialplan)
    )
    assert "[spelling]\nexten => 12345,1,Goto(line,12345,1)" in dialplan
    assert "exten => +8693112328,1,Goto(line,12328,1)" in dialplan
    assert "exten => _.,1,Set(__HL_DIALLED=" in dialplan
    assert dialplan.index("Goto(line,12345,1)") > 0


def test_given_agents_when_rendered_then_their_telephones_and_no_others_can_register(
    tmp_path: Path,
) -> None:
    render_asterisk_config(source(tmp_path))
    pjsip = read(tmp_path, "pjsip.conf")
    assert pjsip.count("type = auth") == 1
    assert "password = abcdefgh12" in pjsip
    assert "identify_by = ip" in pjsip


def test_given_older_asterisk_when_rendered_then_queue_has_its_former_macro_argument(
    tmp_path: Path,
) -> None:
    render_asterisk_config(source(tmp_path, asterisk_version=(20, 6, 0)))
    assert "Queue(${HL_QUEUE},c,,,${HL_OVER_S},,,${HL_NEXT_AGENT},,${HL_POSITION})" in read(
        tmp_path, "extensions.conf"
    )
    render_asterisk_config(source(tmp_path))
    assert "Queue(${HL_QUEUE},c,,,${HL_OVER_S},,${HL_NEXT_AGENT},,${HL_POSITION})" in read(
        tmp_path, "extensions.conf"
    )


def test_given_the_dialplan_when_read_anew_then_its_settings_are_not_emptied_before(
    tmp_path: Path,
) -> None:
    render_asterisk_config(source(tmp_path))
    # cleared first, and only set again when the whole file has been read
    assert "clearglobalvars = no" in read(tmp_path, "extensions.conf")


def test_given_missing_module_when_rendered_then_error_names_it_and_old_files_stay(
    tmp_path: Path,
) -> None:
    good = source(tmp_path)
    render_asterisk_config(good)
    before = (tmp_path / "data" / "asterisk" / "etc").resolve()
    (good.modules_dir / "app_queue.so").unlink()
    with pytest.raises(RenderError, match="app_queue"):
        render_asterisk_config(good)
    assert (tmp_path / "data" / "asterisk" / "etc").resolve() == before


def test_given_many_renderings_then_a_few_generations_are_kept_and_are_private(
    tmp_path: Path,
) -> None:
    for _ in range(5):
        render_asterisk_config(source(tmp_path))
    home = tmp_path / "data" / "asterisk"
    assert sorted(p.name for p in home.glob("etc.*")) == ["etc.3", "etc.4", "etc.5"]
    assert (home / "etc").resolve().name == "etc.5"
    assert all(f.stat().st_mode & 0o077 == 0 for f in (home / "etc.5").iterdir())


@pytest.mark.parametrize(
    ("extension", "password"),
    [("8001\n[x]", "abcdefgh12"), ("8001", "abc\ndefgh12"), ("80a1", "abcdefgh12"), ("8001", "x")],
)
def test_given_text_that_could_break_out_of_the_file_then_it_is_refused(
    extension: str, password: str
) -> None:
    with pytest.raises(ValueError, match="must not contain"):
        AgentEndpoint(extension, password)


@pytest.mark.parametrize("variant", ["12345,1,System(id)", "12345\n", "${SHELL(id)}", ""])
def test_given_hostile_dialled_form_then_it_is_refused(variant: str) -> None:
    with pytest.raises(ValueError, match="must not contain"):
        DialplanLine("12345", (variant,), (DialplanStage("hotline", 0, "zh", "greeting-12345"),))


def test_given_folder_name_with_separator_then_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot take"):
        source(tmp_path, settings=Settings(data_dir=tmp_path / "a,b"))


def test_given_a_stage_when_rendered_then_the_clock_leads_to_it_and_its_words_precede_the_end(
    tmp_path: Path,
) -> None:
    stages = (
        DialplanStage("hotline", 0, "zh", "greeting-96119"),
        DialplanStage(
            *("hotline", 0, "zh", "greeting-12345"),
            begins=1_800_000_000,
            announcement=("zh/announcement-96119", "en/announcement-96119"),
            cause=1,
        ),
        DialplanStage("hotline", 0, "zh", "greeting-12345", begins=1_900_000_000, cause=1),
    )
    main = DialplanLine("12345", ("12345",), (DialplanStage("hotline", 0, "zh", "greeting-12345"),))
    render_asterisk_config(
        source(tmp_path, lines=(main, DialplanLine("96119", ("96119",), stages)))
    )
    dialplan = read(tmp_path, "extensions.conf")
    steps = dialplan[dialplan.index("exten => 96119,1,Set(HL_LINE") :].split("\n\n")[0]
    order = [
        "GotoIf($[${EPOCH} >= 1900000000]?from1900000000)",
        "GotoIf($[${EPOCH} >= 1800000000]?from1800000000)",
        "Set(HL_GREETING=greeting-96119)",
        "Goto(inbound,s,1)",
        "n(from1800000000),Set(HL_QUEUE=hotline)",
        "Set(HL_SAY=zh/announcement-96119,en/announcement-96119)",
        "Set(HL_CAUSE=1)",
        "Goto(announced,s,1)",
        "n(from1900000000),Set(HL_QUEUE=hotline)",
        "Goto(vacant,1,1)",
    ]
    places = [steps.index(one) for one in order]
    assert places == sorted(places)


@pytest.mark.parametrize("begins", [[5], [0, 7, 7], [0, 9, 8], []])
def test_given_stages_out_of_order_then_they_are_refused(begins: list[int]) -> None:
    stages = tuple(DialplanStage("hotline", 0, "zh", "greeting", begins=one) for one in begins)
    with pytest.raises(ValueError, match="not in order"):
        DialplanLine("12345", ("12345",), stages)


@pytest.mark.parametrize("prompt", ["zh/a)", "../zh/a", "fr/a", "zh/a,b", "zh/${SHELL(id)}"])
def test_given_a_hostile_prompt_then_it_is_refused(prompt: str) -> None:
    with pytest.raises(ValueError, match="must not contain"):
        DialplanStage("hotline", 0, "zh", "greeting", announcement=(prompt,))


OUTBOUND = OutboundSettings(
    trunks=("192.0.2.1", "carrier.example:5080"),
    agent_numbers=("0931XXXXXXX",),
    supervisor_numbers=("0.",),
    drill_number="0931999",
)


def _context(dialplan: str, name: str) -> str:
    return dialplan.partition(f"\n[{name}]\n")[2].partition("\n[")[0]


def test_given_trunks_when_rendered_then_each_role_has_its_numbers_and_no_others(
    tmp_path: Path,
) -> None:
    settings = Settings(data_dir=tmp_path / "data", outbound=OUTBOUND)
    render_asterisk_config(source(tmp_path, settings=settings, directory_numbers=("09310000001",)))
    dialplan = read(tmp_path, "extensions.conf")
    agent, supervisor = _context(dialplan, "out-agent"), _context(dialplan, "out-supervisor")
    extensions = [line.split(",")[0] for line in agent.splitlines() if line.startswith("exten")]
    assert extensions == ["exten => 09310000001", "exten => _0931XXXXXXX"]
    assert "include => out-agent" in supervisor
    assert "exten => _0.," in supervisor
    emergency = _context(dialplan, "out-emergency")
    for line in (*OUTBOUND.emergency_lines, "0931999"):
        assert f"exten => {line},1,Goto(carrier-emergency," in emergency
    for context in ("carrier", "carrier-emergency"):
        [dialled] = (one for one in _context(dialplan, context).splitlines() if "Dial(" in one)
        assert "Dial(PJSIP/carrier-${HL_TRUNK}/sip:${EXTEN}@${TRUNK${HL_TRUNK}}," in dialled
    assert "TRUNK1 = 192.0.2.1\nTRUNK2 = carrier.example:5080\n" in dialplan
    order = _context(dialplan, "trunk-order")
    assert "Set(HL_TRUNKS=1,2)" in order
    assert "?Set(HL_TRUNKS=2,1))" in order
    pjsip = read(tmp_path, "pjsip.conf")
    assert "aors = carrier-2" in pjsip
    assert "contact = sip:carrier.example:5080\nqualify_frequency = 10" in pjsip
    features = read(tmp_path, "features.conf")
    assert 'emergency-110 => *110,self/callee,Gosub,"emergency-key,110,1"' in features


def test_given_no_trunk_when_rendered_then_nothing_can_be_dialled_outside(tmp_path: Path) -> None:
    render_asterisk_config(source(tmp_path))
    assert "Dial(PJSIP/carrier" not in read(tmp_path, "extensions.conf")
    assert "=> *" not in read(tmp_path, "features.conf")


def test_given_a_directory_number_with_other_signs_when_rendered_then_refused(
    tmp_path: Path,
) -> None:
    with pytest.raises(ValueError, match="number of the directory"):
        source(tmp_path, directory_numbers=("0931;x",))


def test_given_no_announcements_wanted_when_rendered_then_no_place_is_told(tmp_path: Path) -> None:
    render_asterisk_config(source(tmp_path))
    assert "announce-frequency = 30" in read(tmp_path, "queues.conf")
    quiet = Settings(data_dir=tmp_path / "data", queue=QueueSettings(announce_seconds=0))
    render_asterisk_config(source(tmp_path, settings=quiet))
    queues = read(tmp_path, "queues.conf")
    assert "announce-position = no" in queues
    assert "announce-frequency" not in queues


def test_given_a_queue_that_overflows_when_rendered_then_the_dialplan_knows_where_to(
    tmp_path: Path,
) -> None:
    overflow = DialplanQueue("english", 20, "hotline", 90)
    render_asterisk_config(source(tmp_path, more_queues=(overflow, DialplanQueue("quiet"))))
    assert "[english](common)" in read(tmp_path, "queues.conf")
    assert "[quiet](common)" in read(tmp_path, "queues.conf")
    dialplan = read(tmp_path, "extensions.conf")
    assert "DEFAULT_QUEUE = hotline" in dialplan
    overflows = _context(dialplan, "overflow")
    assert "n(queue1),Set(HL_OVER_TO=hotline)" in overflows
    assert "Set(HL_OVER_PRIO=90)" in overflows
    assert "$[${EPOCH} + 20]" in overflows
    assert "quiet" not in overflows


def test_given_a_hostile_queue_then_it_is_refused() -> None:
    with pytest.raises(ValueError, match="queue"):
        DialplanQueue("english\nexten => x", 20, "hotline")
    with pytest.raises(ValueError, match="queue"):
        DialplanQueue("english", 20, "hot,line")


def test_given_an_agent_with_a_browser_when_rendered_then_only_that_one_is_offered_webrtc(
    tmp_path: Path,
) -> None:
    agents = (
        AgentEndpoint("8001", "abcdefgh12"),
        AgentEndpoint("8002", "abcdefgh12", browser=True),
    )
    render_asterisk_config(source(tmp_path, agents=agents))
    pjsip = read(tmp_path, "pjsip.conf")
    assert "[agent-8001](agent-endpoint)" in pjsip
    assert "[agent-8002](agent-browser)" in pjsip
    assert "protocol = ws\n" in pjsip
    assert "bindaddr = 127.0.0.1\nbindport = 8088\n" in read(tmp_path, "http.conf")
    assert "icesupport = yes" in read(tmp_path, "rtp.conf")


def test_given_a_certificate_when_rendered_then_asterisk_serves_by_tls_and_not_otherwise(
    tmp_path: Path,
) -> None:
    softphone = SoftphoneSettings(
        certificate=tmp_path / "c.pem", key=tmp_path / "c.key", url="wss://hotline.example/ws"
    )
    settings = Settings(data_dir=tmp_path / "data", softphone=softphone)
    render_asterisk_config(source(tmp_path, settings=settings))
    http = read(tmp_path, "http.conf")
    assert f"tlscertfile = {tmp_path}/c.pem\n" in http
    assert "\nenabled = no\n" in http
    assert "protocol = wss\n" in read(tmp_path, "pjsip.conf")


def test_given_no_softphone_when_rendered_then_nothing_of_it_is_loaded_or_served(
    tmp_path: Path,
) -> None:
    off = Settings(data_dir=tmp_path / "data", softphone=SoftphoneSettings(enabled=False))
    without = source(tmp_path, settings=off)
    for name in SOFTPHONE:
        (without.modules_dir / f"{name}.so").unlink()
    render_asterisk_config(without)
    assert "[ws]" not in read(tmp_path, "pjsip.conf")
    assert "bindport" not in read(tmp_path, "http.conf")
    assert "icesupport = no" in read(tmp_path, "rtp.conf")
