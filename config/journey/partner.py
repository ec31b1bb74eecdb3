"""A partner's program: it speaks only the REST API, as its documents describe it, and knows nothing of the inside."""

from typing import Any
from uuid import uuid4

import httpx

from config.journey.people import Person


class Refused(Exception):
    """The API answered with a problem."""


class Partner:
    """The API as one customer uses it."""

    def __init__(self, url: str, person: Person) -> None:
        headers = {"X-Device-Fingerprint": person.fingerprint, "Accept-Language": "en"}
        self.http = httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=30, trust_env=False)

    def get(self, path: str) -> Any:
        """Read. Raises Refused."""
        return self._checked(self.http.get(path))

    def post(self, path: str, payload: dict[str, Any] | None = None) -> Any:
        """Do, once: each call carries an idempotency key of its own. Raises Refused."""
        headers = {"Idempotency-Key": uuid4().hex}
        return self._checked(self.http.post(path, json=payload or {}, headers=headers))

    def upload(self, path: str, kind: str, content: bytes) -> Any:
        """Send a picture. Raises Refused."""
        files = {"file": (f"{kind}.jpg", content, "image/jpeg")}
        return self._checked(self.http.post(path, data={"kind": kind}, files=files))

    def sign_in(self, mobile: str, code: str) -> Any:
        """Sign in with an SMS code and carry the token from here on. Raises Refused."""
        answer = self.post("/sign-in/", {"mobile": mobile, "code": code})
        self.http.headers["Authorization"] = f"Bearer {answer['token']}"
        return answer

    @staticmethod
    def _checked(response: httpx.Response) -> Any:
        if response.is_success:
            return response.json() if response.content else None
        raise Refused(f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text}")
