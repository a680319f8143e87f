import asyncio
import gc
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from core import interpreter
from core.background_loop import BackgroundLoop

_STATE = (
    "import asyncio, gc, sys; "
    "print(sys.getswitchinterval(), gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), "
    "type(asyncio.new_event_loop()).__module__)"
)


@pytest.fixture
def server_policy() -> Iterator[None]:
    interpreter.apply_server_policy()
    yield
    interpreter.reset()


def _state_after(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", f"{code}\n{_STATE}"], capture_output=True, text=True, check=True)
    return run.stdout


def test_a_script_that_imports_core_keeps_the_defaults_of_python() -> None:
    use_core = (
        "import core, core.services, core.runtime; from core.background_loop import BackgroundLoop; "
        "loop = BackgroundLoop(); assert type(loop.loop).__module__.startswith('asyncio'); loop.close(); "
        "core.runtime.runtime.warm_up.stop(); core.runtime.runtime.warm_up.run()"
    )
    assert _state_after(use_core) == _state_after("pass")


@pytest.mark.usefixtures("server_policy")
def test_the_switch_interval_of_the_server_is_1_ms_and_half_of_it_during_imports() -> None:
    assert sys.getswitchinterval() == pytest.approx(0.001)
    with interpreter.importing():
        assert sys.getswitchinterval() == pytest.approx(0.0005)
        assert not gc.isenabled()
    assert sys.getswitchinterval() == pytest.approx(0.001)


@pytest.mark.usefixtures("server_policy")
def test_the_server_freezes_imported_objects_and_raises_the_gc_thresholds() -> None:
    with pytest.raises(KeyError), interpreter.importing():
        raise KeyError
    assert gc.isenabled()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold() == (10_000, 20, 20)


@pytest.mark.usefixtures("server_policy")
def test_the_background_loop_of_the_server_uses_uvloop() -> None:
    loop = BackgroundLoop()
    try:
        assert type(loop.loop).__module__ == "uvloop"
    finally:
        loop.close()


@pytest.mark.usefixtures("server_policy")
def test_without_uvloop_the_server_uses_asyncio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with closing(interpreter.new_event_loop()) as loop:
        assert type(loop).__module__.startswith("asyncio")


@pytest.mark.usefixtures("server_policy")
def test_uvloop_sets_tcp_nodelay_on_a_socket_bound_as_streamlit_binds_it() -> None:
    """Without TCP_NODELAY, Linux delays each small response by about 44 ms. Plain asyncio does not set it here."""
    options: list[int] = []

    async def serve_one() -> None:
        answered = asyncio.Event()

        async def on_connection(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted = writer.get_extra_info("socket")
            options.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()
            answered.set()

        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.bind(("127.0.0.1", 0))
        server = await asyncio.start_server(on_connection, sock=listening)
        _, writer = await asyncio.open_connection(*listening.getsockname())
        await answered.wait()
        writer.close()
        server.close()

    with closing(interpreter.new_event_loop()) as loop:
        loop.run_until_complete(serve_one())
    assert options == [1]


def test_afterwards_python_has_its_defaults_and_importing_changes_nothing() -> None:
    interpreter.apply_server_policy()
    with interpreter.importing():
        pass
    interpreter.reset()
    assert (sys.getswitchinterval(), gc.isenabled(), gc.get_threshold()) == (pytest.approx(0.005), True, (700, 10, 10))
    with interpreter.importing():
        assert gc.isenabled()
