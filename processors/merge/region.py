"""What a change touches: the clusters whose reports, or whose vague guests, can differ because some reports came, went or changed.

Computed from the new state and the record alone (the reports that left are given by their old features), never by comparing states.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from processors.merge.cluster import Cluster, Clusters, only
from processors.merge.features import Features
from processors.merge.index import View


class Region:
    """Collects the cores and the groups of vague reports around the seeds: the reports before and after the change."""

    def __init__(self, clusters: Clusters, view: View) -> None:
        self._clusters = clusters
        self._view = view
        self._cores: set[Cluster] = set()
        self._groups: set[Cluster] = set()
        self._kept: set[str] = set()
        self._alone: list[dict[Cluster, float]] = []

    def around(self, seeds: Iterable[Features]) -> list[Cluster]:
        """The whole clusters of the region, in ascending order."""
        seeds = self._with_partners(seeds)
        for seed in seeds:
            self._kept.add(seed.id)
            self._seed(seed)
        for core in list(self._cores):
            self._guests(core)
        self._neighbours([seed for seed in seeds if seed.specific])
        clusters = self._clusters
        return sorted(
            {clusters.whole(core) for core in self._cores} | {clusters.of(group[0]) for group in self._groups}
        )

    def _with_partners(self, seeds: Iterable[Features]) -> list[Features]:
        """The seeds, and what decisions join to them: a vague partner makes clusters only while the other is there."""
        given = list(seeds)
        partners = {one for seed in given for one in self._clusters.joined(seed.id)} - {seed.id for seed in given}
        return given + [partner for partner in map(self._view.get, sorted(partners)) if partner]

    def _seed(self, seed: Features) -> None:
        clusters = self._clusters
        now = self._view.get(seed.id)
        starts = set(clusters.find_links(seed))
        if now is not None and clusters.is_node(now):
            starts.add(seed.id)
        for start in starts:
            self._cores.update(clusters.core(one) for one in clusters.component(start))
        if now is not None and not clusters.is_node(now):
            self._groups.add(clusters.group(seed.id))
        if not seed.specific:
            self._vague_seed(seed)
        else:
            self._groups.update(clusters.group(guest.id) for guest in clusters.guests(seed))

    def _vague_seed(self, seed: Features) -> None:
        """A vague report that came, went, or that a decision joined elsewhere: see ``_neighbours`` for the core that it may have been in
        or be in now. Where it has twins, their common fit may have changed in any way with it."""
        clusters = self._clusters
        fitting = clusters.fits_of([seed])
        self._alone.append(fitting)
        for twin in clusters.find_twins(seed):
            self._kept.add(twin)
            self._groups.add(clusters.group(twin))
            self._cores.update(fitting, clusters.fits_of([clusters.report(twin)]))

    def _guests(self, core: Cluster) -> None:
        """The vague reports that fit a core, whether they join it or not."""
        for report in map(self._clusters.report, core):
            if report.specific:
                self._groups.update(self._clusters.group(guest.id) for guest in self._clusters.guests(report))

    def _neighbours(self, seeds: Sequence[Features]) -> None:
        """The one core outside that a vague group may have joined or left, when a core that it fits came, went or changed; and with it
        the guests that were kept out, or are now, because they contradict that group. A group that could join neither that core nor
        one of the region stood alone before and stands alone after."""
        outside = {core for core in map(self._outside, self._alone) if core}
        for group in list(self._groups):
            fitting = self._clusters.fits(group)
            rest = fitting.keys() - self._cores
            core = self._outside(fitting)
            if core:
                outside.add(core)
            elif rest and not self._kept & set(group) and not self._clusters.strongly(group, self._cores, seeds):
                self._groups.discard(group)
        for core in outside:
            self._groups.update(self._clusters.candidates(core))
        self._cores |= outside

    def _outside(self, fitting: dict[Cluster, float]) -> Cluster | None:
        """The only core outside the region that a group with these fits can have joined, whatever the region was and is."""
        return only({core: strength for core, strength in fitting.items() if core not in self._cores})
