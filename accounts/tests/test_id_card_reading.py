"""The picture of the ID card, read by the real engine and compared with the verified identity."""

import subprocess
import sys

import pytest

from accounts import documents, id_card_reading, identity
from accounts.id_card_reading import compare
from accounts.models import Document, Message
from accounts.picture_reading import Line
from accounts.tests import factories
from accounts.tests.factories import Person
from core import work
from core.models import TransitionLog

NUMBER, OTHER = "11010519491231002X", "440524188001010014"
NAME = "林晓月"


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ([Line(f"公民身份号码{NUMBER}", 0.99)], "agrees"),
        ([Line("110105 19491231 002x", 0.6)], "agrees"),
        ([Line(NUMBER, 0.99), Line("姓名林晓月", 0.99)], "agrees"),
        ([Line(NUMBER, 0.99), Line("姓名 林晓明", 0.99)], "differs"),
        ([Line(NUMBER, 0.99), Line("姓名 林晓明", 0.5)], "agrees"),
        ([Line(OTHER, 0.99)], "differs"),
        ([Line(NUMBER[:-1] + "3", 0.99)], "unreadable"),
        ([Line(NUMBER[:-2], 0.99)], "unreadable"),
        ([], "unreadable"),
    ],
)
def test_comparison(lines, verdict):
    assert compare(lines, name=NAME, id_number=NUMBER) == verdict


@pytest.mark.django_db
def test_a_card_that_agrees(verified):
    document = factories.id_card_of(verified)
    work.drain()
    document = Document.objects.get(pk=document.pk)
    assert (document.status, document.read_at is None) == ("agrees", False)
    (log,) = TransitionLog.of(document)
    assert (log.actor, log.to_status) == ("system:id card reader", "agrees")
    assert verified.id_number not in log.reason


@pytest.mark.django_db
def test_somebody_elses_card_differs(verified):
    document = factories.id_card_of(verified, shown=OTHER)
    work.drain()
    assert documents.check_results(verified) == {"id_card": "differs"}
    id_card_reading.read_id_card(document.serial)
    assert TransitionLog.of(document).count() == 1


@pytest.mark.django_db
def test_a_picture_without_a_number_is_asked_for_again(verified):
    upload = factories.upload(factories.picture("a cat", format="PNG"))
    documents.store(customer=verified, kind="id_card", upload=upload)
    work.drain()
    assert documents.check_results(verified) == {"id_card": "unreadable"}
    assert Message.objects.filter(template="id_card_unreadable").count() == 1


@pytest.mark.django_db
def test_a_card_that_came_before_the_verification_is_read_after_it(customer):
    person = Person()
    content = factories.picture(person.id_number)
    documents.store(customer=customer, kind="id_card", upload=factories.upload(content))
    work.drain()
    assert documents.check_results(customer) == {"id_card": "stored"}
    identity.verify(customer=customer, **person.elements)
    work.drain()
    assert documents.check_results(customer) == {"id_card": "agrees"}


def test_the_web_process_never_loads_the_engine():
    program = (
        "import django, sys; django.setup();"
        "import accounts.api.urls, accounts.admin, accounts.handlers, config.urls;"
        "assert not {'rapidocr', 'onnxruntime', 'cv2', 'numpy'} & set(sys.modules), 'loaded'"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
