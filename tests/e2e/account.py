"""A guarded SES account, driven and looked at as anybody with boto3 could: no test reaches inside a function."""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from local import events
from local.aws import STACK, EmbeddedAws
from local.events import Event, Mail
from tests.e2e.inbox import TOPICS, Inbox
from tests.e2e.tables import Book, Counts
from tests.e2e.traffic import AT_ONCE, Sender, bounces, now
from tests.e2e.waiting import A_REVIEW_SECONDS, eventually, happens

_A_PUT = 10
_ENDLESS = 1_000
# The file of the embedded AWS that calls a handler: the first line of what a function raised.
_RAISED_IN = "/_worker.py"
_A_MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class SesTenant:
    """A tenant at SES. Its mails go through a configuration set of the same name, and carry its name."""

    name: str
    arn: str

    @property
    def sender(self) -> Sender:
        """Its mails, as SES documents them: the events name the tenant."""
        return Sender(configuration_set=self.name, tenant_name=self.name)


@dataclass(frozen=True, slots=True)
class BadList:
    """A tenant with a list of 60, half of it gone: mail to that half is one message, so its bounces come at once."""

    tenant: SesTenant
    gone: Mail
    there: Mail

    @property
    def bounces(self) -> list[Event]:
        """All of the bad half comes back, which is one judgement and a clear case."""
        return bounces([self.gone])


class Account:
    """The account: SES, the buses and the deployed guard."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.aws = aws
        self.ses = aws.client("sesv2", retries={"total_max_attempts": 1})
        self.sqs = aws.client("sqs")
        self.dynamodb = aws.client("dynamodb")
        self.functions = aws.client("lambda", retries={"total_max_attempts": 1})
        self.counts = Counts(aws, "CountsTable")
        self.book = Book(aws, "BookTable")
        self.inbox = Inbox(aws, *(aws.outputs[topic] for topic in TOPICS))
        self._events = aws.client("events")
        self._numbers = itertools.count(1)
        self._made_to_fail: list[tuple[int, int]] = []

    # SES, and what it publishes.

    def new_tenant(self, word: str) -> SesTenant:
        """Create a tenant of this test's own at SES."""
        name = f"{word}-{next(self._numbers)}"
        return SesTenant(name, self.ses.create_tenant(TenantName=name)["TenantArn"])

    def entity(self, tenant: SesTenant) -> dict[str, Any]:
        """What GetReputationEntity says of a tenant."""
        found: dict[str, Any] = self.ses.get_reputation_entity(
            ReputationEntityType="RESOURCE", ReputationEntityReference=tenant.arn
        )["ReputationEntity"]
        return found

    def set_by_hand(self, tenant: SesTenant, status: str) -> None:
        """A person changes the customer-managed status, past the guard."""
        self.ses.update_reputation_entity_customer_managed_status(
            ReputationEntityType="RESOURCE", ReputationEntityReference=tenant.arn, SendingStatus=status
        )

    @contextmanager
    def ses_turning_away(self, error: str) -> Iterator[None]:
        """In here SES answers every change of a customer-managed status with an error, however often it is tried."""
        update = {"Operation": "UpdateReputationEntityCustomerManagedStatus", "Error": error}
        self.aws.control("/_ses/refusals", **update, Times=_ENDLESS)
        try:
            yield
        finally:
            self.aws.control("/_ses/refusals", **update, Times=0)

    def wait_for_sending(self, tenant: SesTenant, status: str) -> dict[str, Any]:
        """Wait for an aggregate sending status, and return the whole entity."""
        what = f"{tenant.name} {status} at SES"
        eventually(lambda: self.entity(tenant)["SendingStatusAggregate"] == status, what)
        return self.entity(tenant)

    def publish(self, happened: Sequence[Event]) -> None:
        """Put events of SES on the default bus, ten at a time, in their order."""
        for start in range(0, len(happened), _A_PUT):
            entries = [events.as_entry(event) for event in happened[start : start + _A_PUT]]
            assert self._events.put_events(Entries=entries)["FailedEntryCount"] == 0

    def send(self, mails: Sequence[Mail]) -> None:
        """SES takes these mails; returns when the guard has counted them and knows that it has."""
        ledgers = {ledger: self.counts.sends_of(ledger) for ledger in map(ledger_of, mails)}
        for mail in mails:
            ledgers[ledger_of(mail)] += len(mail.destination)
        self.publish([events.send(mail) for mail in mails])
        for ledger, wanted in ledgers.items():
            self.counts.wait_for_sends(ledger, wanted)
        self.let_the_watermark_pass(max(mail.sent_at for mail in mails))

    def send_to_a_bad_list(self, tenant: SesTenant, *, sent_at: datetime | None = None) -> BadList:
        """A tenant mails 60 recipients, and the guard counts that; nothing has come back yet."""
        mails = tenant.sender.mails(2, sent_at=sent_at, spread=AT_ONCE, recipients=30)
        self.send(mails)
        return BadList(tenant, *mails)

    def let_the_watermark_pass(self, sent_at: datetime) -> None:
        """Somebody else sends a mail a moment later, so that all earlier ones are known to be counted."""
        low, high = self.counts.watermark()
        if low >= sent_at:
            return
        later = max(sent_at, high) + _A_MOMENT
        sender = Sender(configuration_set="somebody-else", tenant_name="somebody-else")
        self.publish([events.send(mail) for mail in sender.mails(1, sent_at=later)])
        eventually(lambda: self.counts.watermark()[0] >= sent_at, f"a watermark beyond {sent_at}")

    def bounce(self, happened: Sequence[Event]) -> None:
        """These bounces come back; returns when every tenant they concern has been judged."""
        before = self.counts.feedback_of_all()
        self.publish(happened)
        wanted = sum(len(event["detail"]["bounce"]["bouncedRecipients"]) for event in happened)
        eventually(lambda: self.counts.feedback_of_all() - before >= wanted, f"{wanted} bounces counted")
        self.wait_until_judged()

    def wait_until_judged(self) -> None:
        """Wait until all feedback counted so far is judged: the stream is read in order, so one more tells."""
        last = f"last-in-line-{next(self._numbers)}"
        mails = Sender(configuration_set=last, tenant_name=last).mails(1)
        self.publish([events.bounce(mail, at=now()) for mail in mails])
        eventually(lambda: self.book.find(last), "the feedback behind it judged")

    # The people around it.

    def resume(self, **order: object) -> dict[str, Any]:
        """An operator invokes the function that resumes, and gets its answer."""
        return self._order("ManualResumeFunction", order)

    def pause(self, **order: object) -> dict[str, Any]:
        """An operator invokes the function that pauses, and gets its answer."""
        return self._order("ManualPauseFunction", order)

    def _order(self, function: str, order: dict[str, object]) -> dict[str, Any]:
        answer = self.functions.invoke(FunctionName=self.aws.outputs[function], Payload=json.dumps(order))
        found: dict[str, Any] = json.load(answer["Payload"])
        return found

    def review_until(self, done: Callable[[], object], what: str) -> None:
        """Minute after minute is over, until something is done."""

        def reviewed() -> bool:
            self.aws.run_schedules()
            return happens(done, within=A_REVIEW_SECONDS)

        eventually(reviewed, what)

    def let_its_turn_come(self, tenant: SesTenant) -> None:
        """The minute review looks after a tenant now, and not at its own time of the day."""
        self.book.make_due(tenant.name)
        self.review_until(lambda: not self.book.is_due(tenant.name), f"the turn of {tenant.name}")

    def restart(self, logical_id: str) -> None:
        """Give a function fresh processes, which remember nothing."""
        name = self.function(logical_id)
        timeout = self.functions.get_function_configuration(FunctionName=name)["Timeout"]
        self.functions.update_function_configuration(FunctionName=name, Timeout=timeout)

    @contextmanager
    def environment(self, logical_id: str, **variables: str) -> Iterator[None]:
        """In here a function has other variables in its environment."""
        name = self.function(logical_id)
        before = self.functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        self.functions.update_function_configuration(FunctionName=name, Environment={"Variables": before | variables})
        try:
            yield
        finally:
            self.functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})

    @contextmanager
    def made_to_fail(self, logical_id: str, **variables: str) -> Iterator[None]:
        """In here a function, and no other, fails by other variables in its environment: that it logs so is meant."""
        name, start = self.function(logical_id), len(self._log())
        with self.environment(logical_id, **variables):
            yield
        meanwhile = self._log()[start:]
        assert [line for line in meanwhile.splitlines() if _RAISED_IN in line and name not in line] == []
        self._made_to_fail.append((start, start + len(meanwhile)))

    def log_of_what_nobody_made_fail(self) -> str:
        """The functions' log, without the times in which a test made one fail."""
        log = self._log()
        for start, end in reversed(self._made_to_fail):
            log = log[:start] + log[end:]
        return log

    def change_parameter(self, name: str, value: str) -> None:
        """Deploy the same template again with one parameter changed."""
        before = self._cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Parameters"]
        kept = [{"ParameterKey": each["ParameterKey"], "UsePreviousValue": True} for each in before]
        given = [each for each in kept if each["ParameterKey"] != name]
        self._cloudformation.update_stack(
            StackName=STACK,
            UsePreviousTemplate=True,
            Parameters=[*given, {"ParameterKey": name, "ParameterValue": value}],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        self._cloudformation.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})

    def function(self, logical_id: str) -> str:
        """The name of a function of the stack."""
        found: str = self._cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)[
            "StackResourceDetail"
        ]["PhysicalResourceId"]
        return found

    def _log(self) -> str:
        return self.aws.log.read_text(encoding="utf-8")

    def log_lines(self, *words: str) -> list[dict[str, Any]]:
        """The guard's own log lines that hold all these words."""
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=self.aws.outputs["GuardLog"])
        texts = (line for page in pages for event in page["events"] for line in event["message"].splitlines())
        return [json.loads(line) for line in texts if line.startswith("{") and all(word in line for word in words)]

    def is_drained(self, queue: str) -> bool:
        """Whether nothing waits or is worked on in a queue, named by the stack's output of its URL."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.aws.outputs[queue], AttributeNames=names)["Attributes"]
        return all(int(attributes[name]) == 0 for name in names)

    def dead_letters(self, word: str) -> list[dict[str, Any]]:
        """What lies in the dead-letter queue with this word in its name; it stays there."""
        found = self.sqs.receive_message(
            QueueUrl=self._dead_letter_queue(word), MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    def throw_away_dead_letters(self, word: str) -> None:
        """A person has seen to them."""
        self.sqs.purge_queue(QueueUrl=self._dead_letter_queue(word))

    def _dead_letter_queue(self, word: str) -> str:
        (name,) = (name for name in self.aws.outputs["DeadLetterQueues"].split(",") if word in name)
        found: str = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        return found

    @cached_property
    def _cloudformation(self) -> Any:
        return self.aws.client("cloudformation")

    @cached_property
    def _logs(self) -> Any:
        return self.aws.client("logs")


def ledger_of(mail: Mail) -> str:
    """Where the guard counts a send, as long as SES's associations say nothing."""
    tenant = mail.tenant_name or mail.tags.get("guard-tenant")
    return f"tenant#{tenant}" if tenant else f"unattributed#{mail.configuration_set}"
