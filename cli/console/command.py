"""`guard console`: the operators' page in a browser."""

import threading
import webbrowser
from typing import Annotated

import typer

from cli.account import CannotRunError
from cli.command import FINE, Desk, command
from cli.console.proxy import LOOPBACK, Proxy


@command
def console(
    desk: Desk,
    *,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser, or print the address.")
    ] = True,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port on 127.0.0.1; 0 takes a free one.")
    ] = 0,
) -> int:
    """Open the operators' page: open incidents, tenants by standing, pause and resume.

    It goes through a proxy on this computer that signs with your credentials and lets nobody but your browser in.
    The address is a secret that is good for one use; Ctrl-C ends it all.
    """
    if "OperatorsUrl" not in desk.deployment.outputs:
        why = f"The stack {desk.deployment.stack} has no page for operators (output OperatorsUrl): deploy it again"
        raise CannotRunError(f"{why} with its console, or use guard incidents.")
    with _proxy(desk, port) as proxy:
        # It answers before anybody is sent there: a browser in the terminal holds up this thread until it is closed.
        serving = threading.Thread(target=proxy.serve_forever, daemon=True)
        serving.start()
        try:
            opened = browser and not desk.as_json and webbrowser.open(proxy.address)
            _tell(desk, proxy.address, opened=opened)
            _wait_for(serving)
        except KeyboardInterrupt:
            return FINE
        finally:
            proxy.shutdown()
    return FINE


def _wait_for(serving: threading.Thread) -> None:
    while serving.is_alive():
        # Where a thread is joined for good, Windows hears no Ctrl-C.
        serving.join(1)


def _proxy(desk: Desk, port: int) -> Proxy:
    try:
        return Proxy(desk.deployment.output("OperatorsUrl"), desk.deployment.account, port)
    except OSError as error:
        raise CannotRunError(
            f"Port {port} of {LOOPBACK} cannot be had: {error.strerror}. Name another --port."
        ) from error


def _tell(desk: Desk, address: str, *, opened: bool) -> None:
    if desk.as_json:
        desk.print_json({"address": address})
        return
    desk.say("The console is open in your browser. Ctrl-C ends it." if opened else "Open this; Ctrl-C ends it:")
    # Broken between words it could not be clicked.
    desk.out.print(address, soft_wrap=True, markup=False)
