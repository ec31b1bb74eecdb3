"""Day files: what a partner is told of a day, whatever is altered is found, sent and answered, resolved by officers."""

import csv
import datetime as dt
import hashlib
import io
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts import roles
from accounts.roles import Role
from accounts.tests import factories as people
from core import clock, work
from core.models import Alert, Work
from core.problems import Problem
from core.storage import seal
from lending import changes, confirmations, funding
from lending.day_files import checker, rewriting, sending, text, writing
from lending.day_files.layout import CONTROL, FILES, Kind, as_markdown
from lending.day_files.parts import ONE, Weights, spread
from lending.day_files.text import WrongFile
from lending.models import DayFileSet, Funder, Loan, RejectedRow
from lending.split import split
from lending.tests.factories import offered, officer, running_loan, tell
from lending.tests.test_agreements import agree, demo_bank, first_agreement, local_bank  # noqa: F401 - a fixture
from lending.tests.test_day_files_lives import check_all, write_all
from lending.tests.test_lives import close_until, go_to, pay

ONE_DAY = dt.timedelta(days=1)
LAYOUTS = {layout.name: layout for layout in (*FILES, CONTROL)}


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


def shared(customer, amount="10000"):
    """A loan of which the partner itself agreed to take 70 %, just paid out."""
    application = offered(customer, amount=Decimal(amount), term_months=3)
    loan = confirmations.confirm(customer=customer, serial=application.serial, channel="portal")
    assert funding.ask(loan.serial) is None
    tell(Loan.objects.get(pk=loan.pk).payout_order, "succeeded")
    return Loan.objects.get(pk=loan.pk)


def eventful(loan):
    """Days on which it is paid out, late, partly paid, forgiven something, prepaid, and paid off."""
    close_until(loan, clock.today())
    first = loan.instalments.first()
    close_until(loan, first.due_date + 4 * ONE_DAY)
    pay(loan, Decimal("100"))
    close_until(loan, clock.today())
    waiver = changes.propose_waiver(
        officer=officer("first"), loan=loan, interest=Decimal("1.01"), penalty=Decimal(0), why="a hard time"
    )
    changes.make(officer=officer("second"), change=waiver, why="agreed")
    pay(loan, Decimal("6000"), strategy="shorten")
    close_until(loan, clock.today())


def rows(made, name, party=None):
    """The rows of a file, as dictionaries; those of one party, if given."""
    content = sending.contents(made)[name].decode()
    found = list(csv.DictReader(io.StringIO(content)))
    return [row for row in found if party in (None, row.get("party"))]


def figures(row, *names):
    return [int(row[name]) for name in names]


@pytest.mark.django_db
def test_each_day_tells_what_happened_on_it(customer):
    loan = running_loan(customer, amount=Decimal("10000"), term_months=3, partner=True)
    eventful(loan)
    paid_out, late, paid, last = write_all()
    check_all([paid_out, late, paid, last])
    assert [(row["loan"], row["principal"]) for row in rows(paid_out, "loans", "demo-bank")] == [
        (loan.serial, "700000")
    ]
    assert [figures(row, "amount") for row in rows(paid_out, "money")] == [[-1000000], [-700000], [-300000]]
    assert len(rows(paid_out, "plans", "borrower")) == 3
    assert rows(paid_out, "opening_loans") == rows(paid_out, "repayments") == []
    [change] = rows(paid_out, "status_changes")
    assert (change["from_status"], change["to_status"], change["to_class"]) == ("", "active", "pass")
    [change] = rows(late, "status_changes")
    assert (change["to_status"], change["to_class"]) == ("overdue", "special_mention")
    assert rows(late, "plans") == rows(late, "money") == []
    [repaid] = rows(paid, "repayments", "borrower")
    assert (repaid["kind"], repaid["timing"], repaid["amount"]) == ("active", "overdue", "10000")
    [opening] = rows(paid, "opening_loans", "borrower")
    assert (opening["status"], opening["days_overdue"]) == ("overdue", "4")
    [forgiven] = rows(last, "waivers", "borrower")
    assert figures(forgiven, "interest", "lost") == [101, 0]
    timings = {row["timing"] for row in rows(last, "repaid_instalments")}
    assert timings == {"overdue", "early"}
    assert {row["kind"] for row in rows(last, "repayments")} == {"active"}


@pytest.mark.django_db
def test_a_payout_on_its_way_is_a_draw_until_it_arrives_or_fails(customer):
    application = offered(customer, amount=Decimal("10000"))
    loan = confirmations.confirm(customer=customer, serial=application.serial, channel="portal")
    funding.ask(loan.serial)
    loan = Loan.objects.get(pk=loan.pk)
    close_until(loan, clock.today())
    on_its_way = write_all()[-1]
    assert [figures(row, "amount") for row in rows(on_its_way, "draws")] == [[1000000], [700000], [300000]]
    tell(loan.payout_order, "failed")
    close_until(loan, clock.today())
    assert rows(write_all()[-1], "draws") == []


@pytest.mark.django_db
def test_two_partners_each_see_their_own_part_and_not_how_the_others_divide(customer, local_bank):  # noqa: F811
    first_agreement().delete()
    agree(demo_bank(), local_bank, share="0.35")
    loan = running_loan(customer, amount=Decimal("9999.99"), term_months=3, partner=True)
    close_until(loan, clock.today())
    go_to(loan.instalments.first().due_date + ONE_DAY)
    pay(loan, Decimal("33.33"))
    close_until(loan, clock.today())
    sets = write_all()
    other = Funder.objects.get(code="local-bank")
    theirs = [writing.write(other, made.business_date) for made in sets]
    check_all(sets)
    check_all(theirs)
    assert figures(rows(sets[0], "loans", "demo-bank")[0], "principal") == [350000]
    assert figures(rows(theirs[0], "loans", "local-bank")[0], "principal") == [349999]
    assert figures(rows(theirs[0], "loans", "others")[0], "principal") == [650000]
    assert b"demo-bank" not in b"".join(sending.contents(theirs[-1]).values())


# Whatever is altered is found.


def altered(value, kind):
    """Another value of the same form."""
    if kind is Kind.DATE:
        return (dt.date.fromisoformat(value) + ONE_DAY).isoformat() if value else "2020-01-01"
    if kind is Kind.RATE:
        return f"{Decimal(value) + Decimal('0.000001'):.6f}"
    return str(int(value) + 1) if kind in {Kind.FEN, Kind.COUNT} else f"{value}X"


def alterations(files):
    """Each figure of each file's first and last row, altered alone."""
    for name, content in files.items():
        header, *lines = list(csv.reader(io.StringIO(content.decode())))
        for line in sorted({0, len(lines) - 1} & set(range(len(lines)))):
            for place, column in enumerate(LAYOUTS[name].columns):
                changed = [list(row) for row in lines]
                changed[line][place] = altered(changed[line][place], column.kind)
                out = io.StringIO()
                csv.writer(out, lineterminator="\n").writerows([header, *changed])
                yield name, line + 2, column, out.getvalue().encode()


def resealed(files, made):
    """The files with a control file that fits them, as whoever writes wrong files would."""
    told = []
    for layout in FILES:
        _header, *lines = list(csv.reader(io.StringIO(files[layout.name].decode())))
        amounts = [line[len(layout.columns) - len(layout.amounts) :] for line in lines]
        sums = tuple(sum(map(int, column)) for column in zip(*amounts, strict=True)) or (0,) * len(layout.amounts)
        told.append(text.Summed(layout, len(lines), hashlib.sha256(files[layout.name]).hexdigest(), sums))
    control = text.write_control(made.business_date, made.partner.code, told)
    control.file.seek(0)
    return {**files, CONTROL.name: control.file.read()}


@pytest.mark.django_db
def test_any_one_figure_altered_in_any_file_is_found_even_by_one_who_writes_the_control_file_anew(customer):
    eventful(running_loan(customer, amount=Decimal("10000"), term_months=3, partner=True))
    tried, unseen = 0, set()
    sets = write_all()
    for made in (sets[0], sets[-1]):
        files, closing = sending.contents(made), sending.closing(made)
        for name, line, column, content in alterations(files):
            wrong = {**files, name: content}
            with pytest.raises(WrongFile) as found:
                checker.check(wrong)
            assert found.value.file in {name, CONTROL.name} or name == CONTROL.name
            tried += 1
            if name == CONTROL.name:
                continue
            try:
                checker.check(resealed(wrong, made))
                checker.check_closing(resealed(wrong, made), closing)
            except WrongFile as found:
                named = found.file == name and found.line in range(line - 2, line + 1)
                assert named or column.kind is not Kind.FEN or name == "summary"
            else:
                assert column.kind is not Kind.FEN
                unseen.add(f"{name}.{column.name}")
    assert tried > 200
    # What no other file and no rule contradicts: words and dates. Their hash alone tells.
    assert not {
        each for each in unseen if each.split(".")[1] in {"loan", "event", "order", "status", "class", "days_overdue"}
    }


@pytest.mark.django_db
@pytest.mark.parametrize("missing", ["money", "control"])
def test_a_missing_file_or_row_is_named(customer, missing):
    running_loan(customer, amount=Decimal("10000"), partner=True)
    close_until(Loan.objects.get(), clock.today())
    made = write_all()[-1]
    files = sending.contents(made)
    with pytest.raises(WrongFile, match=rf"{missing}\.csv, line 0: is missing"):
        checker.check({name: content for name, content in files.items() if name != missing})
    for name in ("money", "plans", "loans", "repayments"):
        *lines, _last = files[name].splitlines(keepends=True)
        if lines:
            with pytest.raises(WrongFile, match=name):
                checker.check({**files, name: b"".join(lines)})


@given(st.integers(-(10**9), 10**9), st.sampled_from(["0.3", "0.35", "0.4060460000", "0.7"]), st.booleans())
def test_parts_are_those_of_the_one_rule_of_splitting(fen, share, two):
    shares = [1 - Decimal(share), Decimal(share)]
    if two:
        shares = [Decimal("0.3"), Decimal(share) * Decimal("0.7"), Decimal("0.7") * (1 - Decimal(share))]
    weights = [int(each * ONE) for each in shares]
    parts = [Weights(weights, place).part(fen) for place in range(len(weights))]
    assert parts == [int(part * 100) for part in split(Decimal(fen) / 100, shares)]


@given(st.integers(-1000, 1000), st.lists(st.integers(-1000, 1000), min_size=1, max_size=6))
def test_a_part_laid_on_instalments_is_all_of_it(part, wholes):
    laid = spread(part, wholes)
    assert (len(laid), sum(laid)) == (len(wholes), part)


def test_the_paper_shows_the_columns_as_they_are():
    assert Path(settings.BASE_DIR, "docs", "day_files.md").read_text().endswith(as_markdown())


# Written by work rows, sent, answered.


def requested(loan):
    """The set of today, written by its work after today is closed."""
    date = clock.today()
    close_until(loan, date)
    key = f"{date}/demo-bank"
    assert Work.objects.filter(kind=writing.WRITE, key=key).exists()
    assert writing.work_off(key) is None
    Work.objects.filter(kind=writing.WRITE, key=key).update(state=Work.State.DONE)
    return DayFileSet.objects.get(business_date=date)


@pytest.mark.django_db
def test_a_set_is_written_once_and_after_that_of_the_day_before(customer):
    loan = running_loan(customer, amount=Decimal("10000"), partner=True)
    made = requested(loan)
    assert writing.work_off(f"{made.business_date}/demo-bank") is None
    assert DayFileSet.objects.count() == 1
    later = [made.business_date + days * ONE_DAY for days in (1, 2)]
    for date in later:
        close_until(loan, date)
    assert isinstance(writing.work_off(f"{later[1]}/demo-bank"), work.Again)
    for date in later:
        assert writing.work_off(f"{date}/demo-bank") is None
        Work.objects.filter(key=f"{date}/demo-bank").update(state=Work.State.DONE)
    sets = list(DayFileSet.objects.order_by("business_date"))
    check_all(sets)
    assert [made.business_date for made in sets] == [made.business_date, *later]


@pytest.mark.django_db
def test_a_partner_that_agrees_accepts_day_after_day(customer, fault):
    loan = shared(customer)
    made = requested(loan)
    fault("day_files", "lose_answer", count=1)
    assert isinstance(sending.send(made.serial), work.Again)
    assert [sending.send(made.serial), sending.send(made.serial)] == [None, None]
    fault("queries", "lose_answer", count=1)
    assert isinstance(sending.fetch_answer(made.serial), work.Again)
    assert [sending.fetch_answer(made.serial), sending.fetch_answer(made.serial)] == [None, None]
    go_to(loan.instalments.first().due_date)
    pay(loan, loan.instalments.first().total)
    second = requested(loan)
    sending.send(second.serial)
    sending.fetch_answer(second.serial)
    close_until(loan, clock.today())
    third = write_all()[-1]
    sending.send(third.serial)
    sending.fetch_answer(third.serial)
    states = DayFileSet.objects.order_by("business_date").values_list("status", flat=True)
    assert list(states) == ["accepted"] * 3
    assert Path(made.files.first().file.path).read_bytes().startswith(b"sealed1:")


@pytest.mark.django_db
def test_a_rejected_row_is_an_alert_until_an_officer_resolves_it(customer, fault):
    made = requested(shared(customer))
    fault("day_files", "refuse", count=1)
    sending.send(made.serial)
    sending.fetch_answer(made.serial)
    row = RejectedRow.objects.get()
    assert (row.file, row.line, row.reason) == ("summary", 2, "NOT_ACCEPTED")
    assert DayFileSet.objects.get().status == "rejected"
    assert Alert.objects.get(kind=sending.REJECTED).status == "open"
    with pytest.raises(Problem, match="not_permitted"):
        sending.resolve(officer=officer("risk"), row=row, why="found")
    sending.resolve(officer=officer("finance", Role.FINANCE_OFFICER), row=row, why="their book was late")
    assert (RejectedRow.objects.get().status, DayFileSet.objects.get().status) == ("resolved", "settled")
    assert Alert.objects.get(kind=sending.REJECTED).status == "cleared"


@pytest.mark.django_db
def test_the_partner_finds_a_loan_of_which_it_took_no_share(customer):
    made = requested(running_loan(customer, amount=Decimal("10000"), partner=True))  # it was never asked
    sending.send(made.serial)
    sending.fetch_answer(made.serial)
    row = RejectedRow.objects.get()
    assert (row.file, row.line, row.reason) == ("loans", 3, "NO_PARTICIPATION")
    assert sending.told(row)[1][0][-2:] == ["demo-bank", "700000"]


@pytest.mark.django_db
def test_an_answer_is_imported_once_and_only_if_it_is_whole(customer):
    made = requested(running_loan(customer, amount=Decimal("10000"), partner=True))
    sending.send(made.serial)
    content = "file,line,reason\nloans,2,SHARE_MISMATCH\n"
    digest = hashlib.sha256(content.encode()).hexdigest()
    for broken in ({"sha256": "0" * 64}, {"content": content + "x"}):
        with pytest.raises(Problem, match="answer_broken"):
            sending.import_answer(
                **{"made": made, "sha256": digest, "content": content, "funder_serial": "F1", **broken}
            )
    for _again in range(2):
        sending.import_answer(made=made, sha256=digest, content=content, funder_serial="F1")
    assert RejectedRow.objects.count() == 1
    other = "file,line,reason\n"
    with pytest.raises(Problem, match="answer_changed"):
        sending.import_answer(
            made=made, sha256=hashlib.sha256(other.encode()).hexdigest(), content=other, funder_serial="F1"
        )


@pytest.mark.django_db
def test_a_wrong_set_is_not_sent_but_raises_an_alert(customer, capsys):
    made = requested(running_loan(customer, amount=Decimal("10000"), partner=True))
    call_command("check_day_files", made.serial)
    assert "13" in capsys.readouterr().out
    file = made.files.get(name="money")
    wrong = re.sub(rb"-700000", b"-700001", file.content())
    Path(file.file.path).write_bytes(b"".join(seal(ContentFile(wrong))))
    assert sending.send(made.serial) is None
    with pytest.raises(CommandError, match=r"money\.csv, line 2"):
        call_command("check_day_files", made.serial)
    assert DayFileSet.objects.get().status == "written"
    assert "money.csv, line 2" in Alert.objects.get(kind=sending.WRONG).facts["why"]
    rewriting.write_anew(officer=officer("finance", Role.FINANCE_OFFICER), made=made, why="the disk is mended")
    assert Alert.objects.get(kind=sending.WRONG).status == "cleared"
    assert writing.work_off(f"{made.business_date}/demo-bank") is None
    assert sending.send(DayFileSet.objects.get(version=2).serial) is None


@pytest.mark.django_db
def test_a_set_read_from_directories_is_checked_with_the_next_days(customer, tmp_path):
    loan = running_loan(customer, amount=Decimal("10000"), partner=True)
    for date in (clock.today(), clock.today() + ONE_DAY):
        close_until(loan, date)
    sets = write_all()
    for made in sets:
        directory = tmp_path / str(made.business_date)
        directory.mkdir()
        for name, content in sending.contents(made).items():
            (directory / f"{name}.csv").write_bytes(content)
    for one, following in pairwise(sets):
        call_command("check_day_files", tmp_path / str(one.business_date), next=tmp_path / str(following.business_date))


@pytest.mark.django_db
def test_officers_see_the_sets_and_finance_officers_take_the_files_and_resolve(customer, fault, in_english):
    made = requested(shared(customer))
    fault("day_files", "refuse", count=1)
    sending.send(made.serial)
    sending.fetch_answer(made.serial)
    roles.load()
    clients = {}
    for role in (Role.RISK_OFFICER, Role.FINANCE_OFFICER):
        clients[role] = Client(headers={"Accept-Language": "en"})
        clients[role].force_login(officer(role.name, role), backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("admin:lending_dayfileset_change", args=[made.pk])
    for client in clients.values():
        assert "rows rejected" in client.get(reverse("admin:lending_dayfileset_changelist")).content.decode()
        assert "summary.csv:2" in client.get(page).content.decode()
    files = reverse("admin:lending_dayfileset_download", args=[made.pk])
    assert clients[Role.RISK_OFFICER].get(files).status_code == 403
    answer = clients[Role.FINANCE_OFFICER].get(files)
    assert (answer.status_code, answer.content[:2]) == (200, b"PK")
    row = RejectedRow.objects.get()
    resolve = reverse("admin:lending_rejectedrow_resolve", args=[row.pk])
    assert clients[Role.RISK_OFFICER].post(resolve, {"why": "x"}).status_code == 403
    assert clients[Role.FINANCE_OFFICER].post(resolve, {"why": "their book was late"}).status_code == 302
    assert RejectedRow.objects.get().status == "resolved"
