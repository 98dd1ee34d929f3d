# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A headless Chromium, driven over its DevTools protocol: real keys, real layout, its own accessibility tree."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import websocket

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # it refuses to start as root otherwise, and only shows pages made here
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--remote-debugging-port=0",
)
KEYS = {"Enter": ("\r", 13), "Tab": ("\t", 9), "Space": (" ", 32)}
SECONDS = 60.0


class Chromium:
    """The browser. Every page of it is a tab of its own."""

    def __init__(self) -> None:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        assert program, f"none of {', '.join(PROGRAMS)} is installed"
        self._profile = tempfile.mkdtemp(prefix="fleetops-nvcf-chromium-")
        self._process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        port, path = self._endpoint()
        self._socket = websocket.create_connection(
            f"ws://127.0.0.1:{port}{path}", suppress_origin=True, http_no_proxy=["127.0.0.1"], timeout=SECONDS
        )
        self._ids = itertools.count(1)
        self._pages: dict[str, Page] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(self, path: Path, *, width: int = 1200, height: int = 1000, script: bool = True) -> Page:
        """Load a file in a new tab and wait until it is loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(browser=self, session=session, target=target)
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            page.call(f"{domain}.enable")
        page.resize(width, height)
        if not script:
            page.call("Emulation.setScriptExecutionDisabled", value=True)
        page.call("Page.navigate", url=path.as_uri())
        page.wait_for("Page.loadEventFired")
        return page

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Run one command and return its result."""
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        self._socket.send(json.dumps(message))
        while True:
            answer = self.receive()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: dict[str, Any] = answer["result"]
                return result

    def receive(self) -> dict[str, Any]:
        """Take the next message; events are kept with their page."""
        message: dict[str, Any] = json.loads(self._socket.recv())
        page = self._pages.get(message.get("sessionId", ""))
        if page and "method" in message:
            page.events.append((message["method"], message["params"]))
        return message

    def _endpoint(self) -> tuple[str, str]:
        told = Path(self._profile) / "DevToolsActivePort"
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, f"Chromium ended with {self._process.returncode}"
            lines = told.read_text(encoding="ascii").split() if told.exists() else []
            if len(lines) == 2:
                return lines[0], lines[1]
            time.sleep(0.02)
        raise AssertionError("Chromium never listened")


@dataclass
class Page:
    """One tab."""

    browser: Chromium
    session: str
    target: str
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Run a command on this tab."""
        return self.browser.call(method, self.session, **params)

    def wait_for(self, event: str) -> None:
        """Take messages until the event has come."""
        while all(name != event for name, _params in self.events):
            self.browser.receive()

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key, as a keyboard does."""
        text, code = KEYS[key]
        common = {"key": text if key == "Space" else key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Click into the middle of an element, wherever it is."""
        x, y = self.run(
            f"(e => {{ e.scrollIntoView({{block: 'center'}}); const b = e.getBoundingClientRect();"
            f" return [b.x + b.width / 2, b.y + b.height / 2]; }})(document.querySelector({json.dumps(selector)}))"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def resize(self, width: int, height: int) -> None:
        """Give it a window of this size."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme: str) -> None:
        """Let the system prefer light or dark."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path: Path) -> None:
        """Save what is to be seen."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def tree(self) -> list[tuple[str, str]]:
        """Role and name of everything that assistive technology gets to see."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")
        ]

    @property
    def complaints(self) -> list[str]:
        """Exceptions, violations of the page's policy and whatever else the browser logged."""
        kinds = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
        return [json.dumps(params) for name, params in self.events if name in kinds]

    @property
    def requests(self) -> list[str]:
        """Everything that was fetched or tried."""
        return [params["request"]["url"] for name, params in self.events if name == "Network.requestWillBeSent"]
