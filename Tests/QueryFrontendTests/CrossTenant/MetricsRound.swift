import HTTPTransport
import TempoAPI
import TestSupport
import TraceQL

@testable import QueryFrontend

/// One random metrics query over random traces that are held in parts: what all tenants together answer, held against what the
/// tenant with everything does. Everything follows from the seed.
struct MetricsRound {
    let seed: UInt64
    let query: String
    let isInstant: Bool
    let window: (start: Int, end: Int)
    let step: Int
    private let world: SplitWorld
    private let isMath: Bool

    /// nil when the seed gives a query that is not valid, or whose spans do not relate.
    init?(seed: UInt64) throws {
        var random = SplitMix(seed &* 0x9E37_79B9 &+ 11)
        var queries = QueryTextGenerator(seed: random.next())
        let isMath = random.chance(20)
        var text = queries.relatingMetrics()
        if isMath {
            let other = random.chance(50) ? queries.relatingMetrics() : queries.metrics()
            text = "(\(text)) \(random.pick(["+", "-", "*", "/"])) (\(other))"
        } else if random.chance(20) {
            text += random.pick([" | topk(2)", " | bottomk(1)", " > 0", " <= 2"])
        }
        guard let query = try? Query.parse(text), (try? query.validate()) != nil,
            !query.federationClass.isSeparable || text.contains("compare")
        else { return nil }
        self.seed = seed
        self.query = text
        self.isMath = isMath
        isInstant = random.chance(40)
        step = random.pick([1, 5, 7, 60])
        if random.chance(40) {
            let start = 1_700_000_000 + random.count(-5...55)
            window = (start, start + random.count(5...40))
        } else {
            window = (1_699_999_900, 1_700_000_200)
        }
        var oddities: SplitWorld.Oddities = []
        if random.chance(30) { oddities.insert(.sharedIDs) }
        if random.chance(30) && !isMath { oddities.insert(.duplicates) }
        if random.chance(20) { oddities.insert(.backwardTimes) }
        world = try SplitWorld(
            seed: random.next(), traces: random.count(1...6), targetCount: random.chance(70) ? 1 : random.count(2...3),
            oddities: oddities)
    }

    /// What came of it.
    struct Outcome {
        /// What is wrong; empty when nothing is.
        var faults: [String] = []
        /// Whether some series has a value that is not zero.
        var isMatching = false
    }

    private var path: String {
        var items = [("q", query), ("start", "\(window.start)"), ("end", "\(window.end)")]
        if !isInstant { items += [("step", "\(step)"), ("exemplars", "10")] }
        return "/api/metrics/query" + (isInstant ? "" : "_range") + "?" + QueryItems(items).encoded
    }

    func run() async throws -> Outcome {
        let harness = try world.harness()
        let whole = try await harness.get(path, tenant: "whole")
        let ours = try await harness.get(path, tenant: world.allTenants)
        var outcome = Outcome()
        guard whole.status == 200 else {
            // What one tenant cannot evaluate of a trace may be no candidate of several.
            if ours.status != 200, ours.status != whole.status { outcome.faults.append("status \(ours.status)") }
            return outcome
        }
        guard ours.status == 200 else {
            outcome.faults.append("status \(ours.status): \(ours.text)")
            return outcome
        }
        if ours.fields["X-Tempo-Federation"] != "exact" {
            outcome.faults.append("marked: \(ours.fields["X-Tempo-Federation-Reason"] ?? "")")
        }
        let (found, right) = (try series(ours.body), try series(whole.body))
        outcome.isMatching = right.values.contains { $0.samples.contains { $0.value != 0 } }
        for labels in Set(found.keys).union(right.keys).sorted() {
            guard let one = found[labels], let other = right[labels] else {
                outcome.faults.append((found[labels] == nil ? "no series " : "a series of its own: ") + labels)
                continue
            }
            if let fault = fault(one, insteadOf: other) { outcome.faults.append("\(labels): \(fault)") }
        }
        return outcome
    }

    private func series(_ body: [UInt8]) throws -> [String: TimeSeries] {
        let all =
            isInstant
            ? try QueryInstantResponse.decode(json: body).series.map {
                TimeSeries(labels: $0.labels, samples: [Sample(timestampMs: 0, value: $0.value)])
            } : try QueryRangeResponse.decode(json: body).series
        return Dictionary(
            all.map { ("\($0.labels.map { "\($0.key)=\($0.value?.value as Any)" })", $0) },
            uniquingKeysWith: { first, _ in first })
    }

    private func fault(_ series: TimeSeries, insteadOf right: TimeSeries) -> String? {
        guard series.samples.map(\.timestampMs) == right.samples.map(\.timestampMs) else { return "other times" }
        for (one, other) in zip(series.samples, right.samples) {
            let scale = max(one.value.magnitude, other.value.magnitude)
            guard one.value == other.value || (one.value - other.value).magnitude <= 1e-9 * scale else {
                return "at \(one.timestampMs): \(one.value) and not \(other.value)"
            }
        }
        // Sub-queries share the exemplars, and tenants choose those of their own.
        if isMath { return nil }
        let texts = { (series: TimeSeries) in series.exemplars.map { "\($0)" }.sorted() }
        return texts(series) == texts(right) ? nil : "exemplars \(texts(series)) and not \(texts(right))"
    }
}

extension MetricsRound: CustomStringConvertible {
    /// How to run it again.
    var description: String {
        "QUERY_SEED=\(seed) QUERY_ROUNDS=1: \(query), \(isInstant ? "instant" : "step \(step)"), "
            + "\(window.start)..\(window.end), \(world.tenants.count) tenants, \(world.targetCount) targets"
    }
}
