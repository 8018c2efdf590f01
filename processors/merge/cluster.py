"""``events = cluster(reports, decisions)``: a pure function of the set.

Everything here is computed on demand from a view of the reports, so that the stage, which looks at a neighbourhood, and the batch,
which looks at all, run the same code and come to the same clusters. Nothing depends on the order in which reports came.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from contracts.records import Decision
from processors.merge.decisions import Decided, Decisions
from processors.merge.features import Features
from processors.merge.index import BatchView, View
from processors.merge.judge import Judge
from processors.merge.pair import STRONG, Relation
from processors.merge.parts import Parts
from processors.merge.related import Related

Cluster = tuple[str, ...]
"""Ids of reports, ascending."""
Link = tuple[float, str, str]


def cluster(reports: Iterable[Features], decided: Decided | None = None, judge: Judge | None = None) -> list[Cluster]:
    """The clusters of a set of reports, each report in exactly one, in ascending order."""
    view = BatchView(reports)
    clusters = Clusters(view, decided or Decided(), Related(judge or Judge()))
    return sorted({clusters.of(report_id) for report_id in view.reports})


class Clusters:
    """The clusters that a view holds, each computed when first asked for."""

    def __init__(self, view: View, decided: Decisions, related: Related) -> None:
        self._view = view
        self._decided = decided
        self._judge = related.judge
        self._related = related
        self._cores: dict[str, Cluster] = {}
        self._groups: dict[str, Cluster] = {}
        self._links: dict[str, dict[str, Relation]] = {}
        self._fits: dict[Cluster, dict[Cluster, float]] = {}
        self._only: dict[Cluster, Cluster | None] = {}
        self._joined: dict[Cluster, tuple[Cluster, ...]] = {}

    def of(self, report_id: str) -> Cluster:
        """The whole cluster of a report: what is specific in it, and the vague reports that joined."""
        report = self.report(report_id)
        if self.is_node(report):
            return self.whole(self.core(report_id))
        group = self.group(report_id)
        core = self.joins(group)
        return self.whole(core) if core else group

    def report(self, report_id: str) -> Features:
        """The features of a report that the view holds; KeyError where it does not."""
        report = self._view.get(report_id)
        if report is None:
            raise KeyError(report_id)
        return report

    def is_node(self, report: Features) -> bool:
        """Whether a report makes clusters: specific ones do, and those that a decision joins to another."""
        return report.specific or any(self._view.get(other) for other in self._decided.joined(report.id))

    def joined(self, report_id: str) -> list[str]:
        """The reports that decisions join a report to, whether they are there or not."""
        return self._decided.joined(report_id)

    def whole(self, core: Cluster) -> Cluster:
        """A core with the vague reports that joined it."""
        return tuple(sorted({*core, *(one for group in self.accepted(core) for one in group)}))

    # Cores: constrained agglomeration of specific reports

    def links(self, report: Features) -> dict[str, Relation]:
        """The links of a report to nodes, by their ids; a vague node has only those that a decision gives it."""
        known = self._links.get(report.id)
        if known is None:
            known = self._links[report.id] = self.find_links(report)
        return known

    def find_links(self, report: Features) -> dict[str, Relation]:
        """The links of a report, whether or not the view holds it."""
        found: dict[str, Relation] = {}
        if report.specific:
            linked = self._related.links(self._view, report)
            found = {one: self._judge.relation(report, other) for one, other in linked.items()}
        for partner in self._decided.joined(report.id):
            if self._view.get(partner):
                found.setdefault(partner, Relation("link", 0.0))
        return found

    def core(self, report_id: str) -> Cluster:
        """The core of a node."""
        if report_id not in self._cores:
            for core in self._agglomerate(self.component(report_id)):
                self._cores.update(dict.fromkeys(core, core))
        return self._cores[report_id]

    def component(self, report_id: str) -> list[str]:
        """The nodes that links lead to from one, itself among them."""
        return _reached(report_id, lambda one: self.links(self.report(one)))

    def _agglomerate(self, component: Sequence[str]) -> list[Cluster]:
        inside = set(component)
        links: list[Link] = [
            (-relation.strength, one, other)
            for one in component
            for other, relation in self.links(self.report(one)).items()
            if one < other and other in inside
        ]
        return self._unite(component, sorted(links))

    def _unite(self, members: Sequence[str], links: Sequence[Link]) -> list[Cluster]:
        """Joins by decision first, then the strongest links; never two that hold a contradicting pair."""
        parts = Parts(members)
        for one, other, decision in self._decided.joins_among(members):
            if parts.divided(one, other) and not self._kept_apart(parts.of(one), parts.of(other), decision):
                parts.join(one, other)
        refused: set[tuple[int, int]] = set()
        for _, one, other in links:
            pair = parts.labels(one, other)
            if pair[0] == pair[1] or pair in refused:
                continue
            if self._contradict(parts.of(one), parts.of(other)):
                refused.add(pair)
            else:
                parts.join(one, other)
        return parts.all()

    def _kept_apart(self, some: Iterable[str], others: Iterable[str], join: Decision) -> bool:
        """Whether a later decision keeps any of the one from any of the other."""
        others = list(others)
        apart = (self._decided.separation(one, other) for one in some for other in others)
        return any(later and (later.decided_at, later.id) > (join.decided_at, join.id) for later in apart)

    def _contradict(self, some: Iterable[str], others: Iterable[str]) -> bool:
        """Whether any of the one contradicts any of the other, or is kept from it by a decision."""
        those = [self.report(other) for other in others]
        return any(
            self._decided.separation(one, other.id)
            or self._judge.relation(self.report(one), other).verdict == "contradiction"
            for one in some
            for other in those
        )

    # Vague reports: twins go together, and join the one core that fits

    def group(self, report_id: str) -> Cluster:
        """A vague report with its twins: copies of its text, or one governorate, day and telling toll."""
        if report_id not in self._groups:
            component = _reached(report_id, lambda one: self._twins(self.report(one)))
            links = [
                (-relation.strength, one, other)
                for one in component
                for other, relation in self._twins(self.report(one)).items()
                if one < other
            ]
            for group in self._unite(component, sorted(links)):
                self._groups.update(dict.fromkeys(group, group))
        return self._groups[report_id]

    def _twins(self, report: Features) -> dict[str, Relation]:
        known = self._links.get(report.id)
        if known is None:
            known = self._links[report.id] = self.find_twins(report)
        return known

    def find_twins(self, report: Features) -> dict[str, Relation]:
        """The vague reports that go together with a vague one, whether or not the view holds it."""
        found = self._related.twins(self._view, report).values()
        return {other.id: self._judge.relation(report, other) for other in found if not self.is_node(other)}

    def guests(self, specific: Features) -> list[Features]:
        """The vague reports that fit a specific one, whether they join its core or not."""
        return [other for other in self._related.guests(self._view, specific).values() if not self.is_node(other)]

    def strongly(self, group: Cluster, inside: set[Cluster], gone: Iterable[Features]) -> bool:
        """Whether a vague group fits a core of some, or a report that is gone, so well that rivals do not count."""
        for report in map(self.report, group):
            hosts = self._related.hosts(self._view, report).values()
            near = [*(host for host in hosts if self.core(host.id) in inside), *gone]
            if any((self._judge.fit(report, host) or 0.0) >= STRONG for host in near):
                return True
        return False

    def fits(self, group: Cluster) -> dict[Cluster, float]:
        """The cores that a group of vague reports fits, with how well."""
        known = self._fits.get(group)
        if known is None:
            known = self._fits[group] = self.fits_of([self.report(one) for one in group])
        return known

    def fits_of(self, reports: Sequence[Features]) -> dict[Cluster, float]:
        """The cores that vague reports fit together, whether or not the view holds them."""
        found: dict[Cluster, float] = {}
        hosts = {report.id: self._related.hosts(self._view, report) for report in reports}
        for report in reports:
            for host in hosts[report.id].values():
                core, strength = self.core(host.id), self._judge.fit(report, host)
                if strength is not None:
                    found[core] = max(strength, found.get(core, strength))
        return {core: how for core, how in found.items() if not self._part(reports, hosts, core)}

    def _part(self, reports: Sequence[Features], hosts: dict[str, dict[str, Features]], core: Cluster) -> bool:
        """Whether something keeps the reports from a core: a decision, or a contradiction to a member that is no host of theirs."""
        return any(
            self._decided.separation(report.id, other)
            or (
                other not in hosts[report.id]
                and self._judge.relation(report, self.report(other)).verdict == "contradiction"
            )
            for report in reports
            for other in core
        )

    def choice(self, group: Cluster) -> Cluster | None:
        """The core to which a vague group would go, whether that one accepts it or not."""
        if group not in self._only:
            self._only[group] = only(self.fits(group))
        return self._only[group]

    def joins(self, group: Cluster) -> Cluster | None:
        """The core that a vague group joins: the only one that fits, if that one accepts it."""
        core = self.choice(group)
        return core if core and group in self.accepted(core) else None

    def candidates(self, core: Cluster) -> list[Cluster]:
        """The vague groups to which this core alone fits, the best first."""
        near = {guest.id for one in core if self.report(one).specific for guest in self.guests(self.report(one))}
        groups = {self.group(one) for one in near}
        ranked = [(-self.fits(group)[core], group) for group in groups if self.choice(group) == core]
        return [group for _, group in sorted(ranked)]

    def accepted(self, core: Cluster) -> tuple[Cluster, ...]:
        """The vague groups in a core's event: the best first, each without a contradiction to those before."""
        known = self._joined.get(core)
        if known is None:
            taken: list[Cluster] = []
            for group in self.candidates(core):
                if not any(self._contradict(group, other) for other in taken):
                    taken.append(group)
            known = self._joined[core] = tuple(taken)
        return known


def only(fitting: dict[Cluster, float]) -> Cluster | None:
    """The core to join: the only one that fits strongly; where none does, the only one that fits at all, if anything agrees."""
    strong = [core for core, strength in fitting.items() if strength >= STRONG]
    if strong or len(fitting) != 1:
        return strong[0] if len(strong) == 1 else None
    ((core, strength),) = fitting.items()
    return core if strength > 0 else None


def _reached(start: str, step: Callable[[str], Iterable[str]]) -> list[str]:
    """Everything that steps lead to from the start, in ascending order."""
    seen, queue = {start}, deque([start])
    while queue:
        for other in step(queue.popleft()):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return sorted(seen)
