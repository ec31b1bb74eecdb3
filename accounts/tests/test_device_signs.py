"""Odd sign-ins: emulated devices and impossible journeys. Places and devices are simulated, the code is real."""

import datetime as dt
import json

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts import device_signs, devices, identity, places, signin
from accounts.device_signs import AUTOMATED, EMULATED, TRAVEL
from accounts.models import SignIn, SmsCode
from accounts.origin import Channel, Origin
from accounts.tests import factories
from core import clock
from core.problems import Problem

SHANGHAI, SUZHOU, LISBON = "192.0.2.7", "192.0.2.200", "203.0.113.9"
ANDROID = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"


@pytest.mark.parametrize(
    ("report", "agent", "signs"),
    [
        ({}, ANDROID, ()),
        ({"platform": "Linux armv81", "renderer": "Adreno (TM) 740", "automated": False}, ANDROID, ()),
        ({"platform": "Win32", "renderer": "ANGLE (NVIDIA)"}, DESKTOP, ()),
        ({"platform": "Linux x86_64", "renderer": "Google SwiftShader"}, DESKTOP, ()),
        ({"platform": "Linux x86_64", "renderer": "Google SwiftShader"}, ANDROID, (EMULATED,)),
        ({"platform": "Win32", "renderer": "ANGLE (NVIDIA)"}, ANDROID, (EMULATED,)),
        ({"emulator": True}, "Partner/2.1", (EMULATED,)),
        ({"automated": True}, DESKTOP, (AUTOMATED,)),
        ({"automated": "yes", "renderer": ["swiftshader"], "platform": None}, DESKTOP, ()),
    ],
)
def test_what_a_device_says_of_itself(report, agent, signs):
    assert device_signs.of_report(report, agent=agent) == signs
    assert device_signs.of_report_text(json.dumps(report), agent=agent) == signs


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", "x" * 5000])
def test_a_report_that_cannot_be_read_says_nothing(text):
    assert device_signs.of_report_text(text, agent=ANDROID) == ()


def test_places_and_the_way_between_them():
    here, near, far = (places.of(ip) for ip in (SHANGHAI, SUZHOU, LISBON))
    assert here and near and far
    assert here.distance_to(near) == pytest.approx(85, abs=5)
    assert here.distance_to(far) == pytest.approx(10_700, rel=0.02)
    assert [places.of(ip) for ip in ("127.0.0.1", "", "nonsense", "2001:db8::1")] == [None] * 4
    assert all("simulated" in place.name for place in (here, near, far))


def signed_in(customer, ip, device, *, hours_ago=0.0):
    """A good sign-in of the past."""
    return SignIn.objects.create(
        user=customer.user,
        mobile_index=customer.user.mobile_index,
        device=devices.device_of(Origin(Channel.API, ip, device)),
        ip=ip,
        channel=Channel.API,
        outcome=SignIn.Outcome.SIGNED_IN,
        place=place.name if (place := places.of(ip)) else "",
        at=clock.real_now() - dt.timedelta(hours=hours_ago),
    )


@pytest.mark.django_db
def test_only_an_impossible_journey_is_a_sign(sandbox):
    customer, now = factories.registered_customer(), clock.real_now()
    assert device_signs.of_journey(customer, places.of(LISBON), now) == ()  # nobody knows where the first one was
    for hours, ip, signs in [(12, LISBON, ()), (1, LISBON, (TRAVEL,)), (0, SUZHOU, ())]:
        signed_in(customer, SHANGHAI, "mine", hours_ago=hours)
        assert device_signs.of_journey(customer, places.of(ip), now) == signs
    assert device_signs.of_journey(customer, None, now) == ()


@pytest.fixture
def person():
    return factories.Person()


@pytest.fixture
def traveller(sandbox, person):
    """A verified customer who was in Shanghai an hour ago, and has a new code."""
    customer = factories.verified_customer(person)
    signed_in(customer, SHANGHAI, "mine", hours_ago=1)
    SmsCode.objects.update(sent_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    signin.send_code(mobile=customer.mobile, origin=Origin(Channel.API, LISBON, "new"))
    return customer


def enter(customer, device="new", ip=LISBON, proof=None):
    code = factories.last_code(customer.mobile)
    origin = Origin(Channel.API, ip, device)
    return signin.verify_code(mobile=customer.mobile, code=code, origin=origin, proof=proof)


@pytest.mark.django_db
class TestStepUp:
    def test_a_new_device_far_away_must_show_more_and_the_code_stays_good(self, traveller, person):
        with pytest.raises(Problem, match="proof_needed") as refused:
            enter(traveller)
        assert refused.value.status == 403
        proof = identity.clean_elements(**person.elements)
        assert enter(traveller, proof=proof).customer == traveller
        outcomes = SignIn.objects.filter(user=traveller.user).order_by("id").values_list("outcome", flat=True)
        assert list(outcomes)[-2:] == ["proof_needed", "signed_in"]
        assert devices.footprint(traveller).signs == (TRAVEL,)

    def test_wrong_proof_is_counted_like_wrong_codes(self, traveller, person):
        other = identity.clean_elements(**{**person.elements, "id_number": factories.Person().id_number})
        codes = []
        for _ in range(6):
            with pytest.raises(Problem) as refused:
                enter(traveller, proof=other)
            codes.append(refused.value.code)
        assert codes == ["proof_wrong"] * 5 + ["code_expired"]

    def test_a_wrong_code_is_not_told_that_proof_would_be_needed(self, traveller):
        right = factories.last_code(traveller.mobile)
        wrong = "000000" if right != "000000" else "111111"
        with pytest.raises(Problem, match="code_wrong"):
            signin.verify_code(mobile=traveller.mobile, code=wrong, origin=Origin(Channel.API, LISBON, "new"))

    @pytest.mark.parametrize(("device", "ip"), [("mine", LISBON), ("new", SUZHOU), ("new", "127.0.0.1")])
    def test_a_known_device_or_a_possible_journey_needs_no_more(self, traveller, device, ip):
        assert enter(traveller, device, ip).customer == traveller

    def test_over_the_api(self, traveller, person):
        client, body = APIClient(), {"mobile": traveller.mobile, "code": factories.last_code(traveller.mobile)}
        headers = {"X-Device-Fingerprint": "new"}
        body["device"] = {"emulator": True}
        refused = client.post("/api/v1/sign-in/", body, format="json", headers=headers, REMOTE_ADDR=LISBON)
        assert (refused.status_code, refused.json()["code"]) == (403, "proof_needed")
        body["proof"] = person.elements
        entered = client.post("/api/v1/sign-in/", body, format="json", headers=headers, REMOTE_ADDR=LISBON)
        assert entered.status_code == 201
        assert SignIn.objects.latest("id").signs == [EMULATED, TRAVEL]

    def test_on_the_page(self, traveller, person):
        browser = Client(headers={"Accept-Language": "en", "User-Agent": ANDROID}, REMOTE_ADDR=LISBON)
        browser.get("/sign-in/")
        given = {"mobile": traveller.mobile, "code": factories.last_code(traveller.mobile), "device_report": "{}"}
        asked = browser.post("/sign-in/", given)
        assert asked.status_code == 422
        page = asked.content.decode()
        assert "far from the last time" in page
        assert 'name="card_number"' in page
        again = browser.post("/sign-in/", {**given, "id_number": person.id_number})
        assert again.status_code == 422
        assert 'name="card_number"' in again.content.decode()
        report = json.dumps({"renderer": "llvmpipe", "platform": "Linux x86_64"})
        entered = browser.post("/sign-in/", {**given, **person.elements, "device_report": report})
        assert entered.status_code == 302
        assert SignIn.objects.latest("id").signs == [EMULATED, TRAVEL]
