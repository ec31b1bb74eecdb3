import datetime as dt
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.journey import books
from config.journey.story import Story
from config.journey.timeline import Timeline
from config.journey.world import World
from config.management.commands.hire_demo_staff import PASSWORDS
from core import clock


class Command(BaseCommand):
    help = "Carry one new customer's loan the whole way over real HTTP, and find the money in both books."

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit status 0 only if the money is found in the institution's own books and in our ledger."""
        if not settings.SANDBOX:
            raise CommandError("The demo journey invents people: it is played only in a sandbox (SANDBOX=true).")
        timeline = Timeline(self.stdout)
        world = World(settings.INSTITUTIONS["payment"]["url"])
        try:
            self._play(Story(platform_url=settings.PLATFORM_URL, world=world, timeline=timeline), world, timeline)
        except Exception as error:
            raise CommandError(f"The journey stopped: {error}") from error
        self._look_around(timeline)

    def _play(self, story: Story, world: World, timeline: Timeline) -> None:
        borrowed_on = clock.today()
        loan = story.customer_borrows()
        repayment = story.customer_repays(loan)
        repaid_on = clock.today()
        story.move_clock(repaid_on + dt.timedelta(days=1))
        for date in (borrowed_on, repaid_on):
            report = books.settle(date)
            timeline.event("day settled and reconciled", report.serial, str(date))
            for partner in books.settle_with_partners(world, date):
                timeline.event("settled with the funding partner", partner.serial, f"¥{partner.amount} by the bank")
        loan = story.customer.get(f"/loans/{loan['serial']}/")
        owed = books.compare(world, loan, repayment)
        timeline.event("money found in both books", loan["serial"], f"principal still owed ¥{owed}")
        story.doubtful_applicant_waits()

    def _look_around(self, timeline: Timeline) -> None:
        url = settings.PLATFORM_URL
        timeline.line("\nWhere to look next")
        timeline.line(f"  portal     {url}/   (SMS codes: {settings.INSTITUTIONS['sms']['url']}/books/sms)")
        timeline.line(f"  API        {url}/api/v1/docs/")
        timeline.line(
            f"  bank       {settings.INSTITUTIONS['bank']['url']}/books/bank/payouts, /books/bank/collections"
        )
        timeline.line(f"  admin      {url}/admin/")
        for line in PASSWORDS.read_text().splitlines() if PASSWORDS.exists() else ():
            username, password, role = line.split("\t")
            timeline.line(f"             {role:<16} {username:<8} password {password}")
