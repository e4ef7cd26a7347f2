import HTTPTransport
import TempoAPI
import TestSupport
import TraceQL

@testable import QueryFrontend

/// One random search of random traces that are held in parts: what all tenants together answer, held against what the tenant
/// with everything does. Everything follows from the seed.
struct SplitRound {
    let seed: UInt64
    /// TraceQL; the other parameters where it is a search by tags.
    let query: String
    private let conditions: [(String, String)]
    let limit: Int
    let spss: Int
    let window: (start: Int, end: Int)
    private let world: SplitWorld
    private let isSeparable: Bool

    /// nil when the seed gives a query that is not valid.
    init?(seed: UInt64) throws {
        var random = SplitMix(seed &* 0x9E37_79B9 &+ 3)
        var queries = QueryTextGenerator(seed: random.next())
        self.seed = seed
        if random.chance(15) {
            conditions = Self.tags(&random)
            query = conditions.map { "\($0)=\($1)" }.joined(separator: "&")
            isSeparable = conditions.count == 1 && !query.contains(" ") && !query.contains("root")
        } else {
            var text = random.chance(60) ? queries.search() : queries.separableSearch()
            guard let query = try? Query.parse(text), (try? query.validate()) != nil else { return nil }
            isSeparable = query.federationClass.isSeparable
            if random.chance(25) { text += " with(most_recent=true)" }
            self.query = text
            conditions = [("q", text)]
        }
        limit = random.chance(60) ? 1000 : random.count(1...4)
        spss = random.chance(60) ? 0 : random.count(1...4)
        if random.chance(50) {
            let start = 1_700_000_000 + random.count(-5...55)
            window = (start, start + random.count(1...30))
        } else {
            window = SplitWorld.window
        }
        var oddities: SplitWorld.Oddities = []
        if random.chance(30) { oddities.insert(.sharedIDs) }
        // Who counts matches or services alone counts a span once for each that holds it.
        if !isSeparable, random.chance(30) { oddities.insert(.duplicates) }
        if random.chance(20) { oddities.insert(.backwardTimes) }
        if random.chance(60) { oddities.insert(.longTraces) }
        world = try SplitWorld(
            seed: random.next(), traces: random.count(1...6), targetCount: random.chance(70) ? 1 : random.count(2...3),
            oddities: oddities)
    }

    private static func tags(_ random: inout SplitMix) -> [(String, String)] {
        var keys = [
            "service.name", "region", "code", "x", "y", "s", "name", "error", "status.code", "root.service.name",
        ]
        let tags = (0..<random.count(0...3)).map { _ in
            let key = keys.remove(at: random.count(0...(keys.count - 1)))
            switch key {
            case "service.name", "root.service.name": return key + "=" + random.pick(["web", "db", "pay"])
            case "code": return "code=" + random.pick(["200", "404", "1"])
            case "x", "y": return key + "=" + random.pick(["1", "2", "0", "2.5"])
            case "name": return "name=" + random.pick(["a", "emit", "root"])
            case "error": return "error=true"
            case "status.code": return "status.code=" + random.pick(["error", "ok", "unset"])
            default: return key + "=" + random.pick(["x", "y", "1"])
            }
        }
        var conditions = [("tags", tags.joined(separator: " "))]
        if random.chance(25) { conditions.append(("minDuration", random.pick(["1ms", "100ms", "3s"]))) }
        if random.chance(25) { conditions.append(("maxDuration", random.pick(["3s", "4500ms", "1m"]))) }
        return conditions
    }

    /// What came of it.
    struct Outcome {
        /// What is wrong; empty when nothing is.
        var faults: [String] = []
        /// Whether some trace matched.
        var isMatching = false
    }

    func run() async throws -> Outcome {
        let harness = try world.harness()
        let whole = try await harness.get(SplitWorld.path(conditions, window: window), tenant: "whole")
        let ours = try await harness.get(
            SplitWorld.path(conditions, limit: limit, spss: spss, window: window), tenant: world.allTenants)
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
        let all = try ComparableSearch.traces(whole.body)
        outcome.isMatching = !all.isEmpty
        let found = try ComparableSearch.traces(ours.body)
        if found.count != min(limit, all.count) { outcome.faults.append("\(found.count) traces of \(all.count)") }
        for (id, trace) in found.sorted(by: { $0.key < $1.key }) {
            guard let right = all[id] else {
                outcome.faults.append("trace \(id) does not match")
                continue
            }
            if let fault = fault(withoutNil(trace), insteadOf: withoutNil(right)) {
                outcome.faults.append("trace \(id)\(fault)")
            }
        }
        outcome.faults += try faultsOfOrder(ours.body, all)
        return outcome
    }

    /// Newest first, ties by id; and the newest of all where they were asked for.
    private func faultsOfOrder(_ body: [UInt8], _ all: [String: JSONValue]) throws -> [String] {
        let listed = try SearchResponse.decode(json: body).traces.map(\.traceID)
        let start = { (id: String) in all[id]?["startTimeUnixNano"]?.text.flatMap { UInt64($0) } ?? 0 }
        let newest = { (ids: [String]) in ids.sorted { (start($1), $0) < (start($0), $1) } }
        var faults: [String] = []
        if listed != newest(listed) { faults.append("order: \(listed)") }
        if query.hasSuffix("with(most_recent=true)"), listed != Array(newest(Array(all.keys)).prefix(limit)) {
            faults.append("not the newest: \(listed) of \(newest(Array(all.keys)))")
        }
        return faults
    }

    /// A group without a value prints as one of the text `nil`, and parts cannot be told apart by it (README, "Known limitations").
    private func withoutNil(_ trace: JSONValue) -> JSONValue {
        guard isSeparable, query.contains("by("), case .object(var members) = trace,
            let sets = members["spanSets"]?.elements
        else { return trace }
        members["spanSets"] = .array(
            sets.filter { set in
                !(set["attributes"]?.elements ?? []).contains { $0["value"]?["stringValue"]?.text == "nil" }
            })
        return .object(members)
    }

    private func fault(_ trace: JSONValue, insteadOf right: JSONValue) -> String? {
        guard spss > 0 else { return RecordedUnion.difference(trace, right) }
        if let other = RecordedUnion.difference(trace.removing("spanSets"), right.removing("spanSets")) { return other }
        var rest = right["spanSets"]?.elements ?? []
        for set in trace["spanSets"]?.elements ?? [] {
            guard let place = rest.firstIndex(where: { $0.removing("spans") == set.removing("spans") }) else {
                return ": no such span set: \(set)"
            }
            let (spans, known) = (set["spans"]?.elements ?? [], rest.remove(at: place)["spans"]?.elements ?? [])
            if spans.count != min(spss, known.count) { return ": \(spans.count) spans of \(known.count)" }
            if !Set(spans).isSubset(of: known) || Set(spans).count != spans.count { return ": other spans: \(set)" }
        }
        return rest.isEmpty ? nil : ": \(rest.count) span sets are missing"
    }
}

extension SplitRound: CustomStringConvertible {
    /// How to run it again.
    var description: String {
        "QUERY_SEED=\(seed) QUERY_ROUNDS=1: \(query), limit \(limit), spss \(spss), \(window.start)..\(window.end), "
            + "\(world.tenants.count) tenants, \(world.targetCount) targets\(isSeparable ? ", separable" : "")"
    }
}
