"""What stands in the account's regions: by `resource_kinds`, one list a type and region.

Anything else is not read and nothing is claimed of it: `AccountResources.read` says what was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import jmespath

from guestpass.account.snapshot import Resource, Snapshot
from guestpass.aws.hands import Hands
from guestpass.aws.reading import Reader, tags_of
from guestpass.aws.resource_kinds import FURTHER, OF_EVERY_JOB, Kind

_AT_ONCE = 8
"""So many lists are read at the same time: they are calls to different services, each with a limit of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountResources:
    """What was found; `read` maps each type to the regions (`""`: all of them) in which it was listed whole."""

    resources: tuple[Resource, ...]
    read: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gaps: Mapping[str, str] = field(default_factory=dict)

    def onto(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with these resources beside its own; gaps add up."""
        both = {each.arn: each for each in (*snapshot.resources, *self.resources)}
        kinds = sorted({*snapshot.read, *self.read})
        return replace(
            snapshot,
            resources=tuple(both[arn] for arn in sorted(both)),
            read={
                kind: tuple(sorted({*snapshot.read.get(kind, ()), *self.read.get(kind, ())}))
                for kind in kinds
            },
            gaps=dict(sorted({**snapshot.gaps, **self.gaps}.items())),
        )


def resources(reader: Reader, regions: tuple[str, ...]) -> AccountResources:
    """What the jobs of today need, in the regions; a list that cannot be read is a gap of the reader's."""
    return _listed(reader, OF_EVERY_JOB, regions)


def read_account_resources(hands: Hands, regions: Sequence[str]) -> AccountResources:
    """Everything that guestpass knows how to list, in these regions: some fifty calls each, for verbs that ask what stands.

    A list that AWS refuses is a gap; raises AccountError when AWS cannot be reached or throttles for too long.
    """
    reader = Reader(hands=hands)
    found = _listed(reader, (*OF_EVERY_JOB, *FURTHER), tuple(dict.fromkeys(regions)))
    return replace(found, gaps=dict(sorted(reader.gaps.items())))


def _listed(reader: Reader, kinds: Iterable[Kind], regions: tuple[str, ...]) -> AccountResources:
    lists = [
        _Listing(reader, kind, region) for kind in kinds for region in (("",) if kind.everywhere else regions)
    ]
    found: list[Resource] = []
    read: dict[str, list[str]] = {}
    with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="guestpass-list") as pool:
        for each, items in zip(
            lists, pool.map(lambda one: reader.try_list(one.gap, one), lists), strict=True
        ):
            found += items
            if each.gap not in reader.gaps:
                read.setdefault(each.kind.type, []).append(each.region)
    return AccountResources(
        resources=tuple(sorted(found, key=lambda resource: resource.arn)),
        read={kind: tuple(sorted(where)) for kind, where in read.items()},
    )


@dataclass(frozen=True)
class _Listing:
    """One list of one type in one region, read whole."""

    reader: Reader
    kind: Kind
    region: str

    @property
    def gap(self) -> str:
        """What it is called where it cannot be read."""
        return f"{self.kind.called}:{self.kind.operation} {self.region}".rstrip()

    def __call__(self) -> list[Resource]:
        kind = self.kind
        top = kind.items.partition("[")[0].partition(".")[0]
        parameters = dict(kind.parameters)
        if kind.mine:
            # said twice: some endpoints do not heed the owners, and list everybody's public things
            owner = {"Name": "owner-id", "Values": [self.reader.hands.caller.account]}
            said = "Owners" if kind.type == "ec2:image" else "OwnerIds"
            parameters |= {said: ["self"], "Filters": [owner]}
        pages = self.reader.pages(kind.called, kind.operation, self.region or None, **parameters)
        items = [item for page in pages for item in jmespath.search(kind.items, {top: page.get(top)}) or []]
        return [self._resource(item) for item in items if not self._passed_over(item)]

    def _passed_over(self, item: Any) -> bool:
        """Whether the item only lingers in the list, or is a key that AWS keeps for itself."""
        if self.kind.gone and jmespath.search(self.kind.state, item) in self.kind.gone:
            return True
        if self.kind.type != "kms:key":
            return False
        told = self.reader.ask("kms", "DescribeKey", self.region, KeyId=item["KeyId"])["KeyMetadata"]
        return bool(told.get("KeyManager") == "AWS")

    def _resource(self, item: Any) -> Resource:
        kind = self.kind
        arn = self._arn(kind.arn, str(jmespath.search(kind.id, item)), kind.type.split(":")[1])
        instance = jmespath.search(kind.instance, item) if kind.instance else None
        created = jmespath.search(kind.created, item) if kind.created else None
        return Resource(
            arn=arn,
            type=kind.type,
            region=self.region or self._bucket_region(item),
            tags=self._tags(item, arn),
            created=created if isinstance(created, datetime) else None,
            within=tuple(str(each) for each in jmespath.search(kind.within, item) or () if each)
            if kind.within
            else (),
            attached_to=self._arn("", str(instance), "instance") if instance else None,
        )

    def _arn(self, pattern: str, name: str, kind: str) -> str:
        if name.startswith("arn:"):
            return name
        caller = self.reader.hands.caller
        return (pattern or "arn:{partition}:ec2:{region}:{account}:{kind}/{id}").format(
            partition=caller.partition,
            service=self.kind.service,
            region=self.region,
            account=caller.account,
            kind=kind,
            id=name,
            tail=name.rpartition("/")[2],
            bare=name.lstrip("/"),
        )

    def _tags(self, item: Any, arn: str) -> dict[str, str]:
        kind = self.kind
        if kind.type == "s3:bucket":
            return self.reader.try_(
                f"s3:GetBucketTagging {item['Name']}", lambda: self._bucket_tags(item), {}
            )
        if kind.tags_by:
            operation, parameter, within = kind.tags_by
            answer = self.reader.ask(kind.called, operation, self.region, **{parameter: arn})
            return tags_of(answer.get(within))
        return tags_of(item.get(kind.tags)) if kind.tags else {}

    def _bucket_tags(self, item: Any) -> dict[str, str]:
        answer = self.reader.or_none(
            lambda: self.reader.ask("s3", "GetBucketTagging", Bucket=item["Name"]), "NoSuchTagSet"
        )
        return tags_of((answer or {}).get("TagSet"))

    def _bucket_region(self, item: Any) -> str:
        """Where a bucket lies; empty where AWS does not say."""
        if self.kind.type != "s3:bucket":
            return ""
        if item.get("BucketRegion"):
            return str(item["BucketRegion"])
        gap = f"s3:GetBucketLocation {item['Name']}"
        return self.reader.try_(gap, lambda: self._location(item["Name"]), "")

    def _location(self, bucket: str) -> str:
        told = self.reader.ask("s3", "GetBucketLocation", Bucket=bucket).get("LocationConstraint")
        # AWS: API_GetBucketLocation: null is us-east-1, `EU` is eu-west-1
        return {"": "us-east-1", "EU": "eu-west-1"}.get(str(told or ""), str(told))
