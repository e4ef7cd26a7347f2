import TempoAPI
import TestSupport
import Testing

@testable import TenantFederation

/// Cases that were recorded from Tempo's own combiners, fed one input after another. What we do otherwise on purpose is in
/// `combining-departures.json`, with the row of DEPARTURES.md that says so.
@Suite(.computeThreads) struct CombiningCaseTests {
    struct Case: Decodable, Sendable {
        let name: String
        let endpoint: String
        let params: JSONValue
        let inputs: [JSONValue]
        let expected: JSONValue
        let unordered: [String]?
    }

    struct Departure: Decodable, Sendable {
        let `case`: String
        let row: Int
        let expected: JSONValue
    }

    private func cases() throws -> [Case] {
        try Corpus.load("combining-cases", in: .module, atLeast: 126)
    }

    private func departures() throws -> [Departure] {
        try Corpus.load("combining-departures", in: .module, atLeast: 30)
    }

    @Test func everyCaseGivesTheRecordedAnswerOrAListedDeparture() throws {
        let departures = Dictionary(uniqueKeysWithValues: try departures().map { ($0.case, $0) })
        var run = 0
        for item in try cases() where !CombiningCaseRunner.isLeftToTheFrontend(item) {
            run += 1
            let ours = try CombiningCaseRunner.run(item)
            let unordered = item.unordered ?? []
            if let departure = departures[item.name] {
                let isAsListed = ours == departure.expected
                #expect(isAsListed, "\(item.name) gives \(ours.compact)")
                let differs = ["json", "status"].contains { key in
                    departure.expected[key]?.sortingLists(unordered) != item.expected[key]?.sortingLists(unordered)
                }
                #expect(differs, "\(item.name) is listed as a departure but is none")
                #expect((1...30).contains(departure.row))
            } else {
                let isAsRecorded = ["json", "status", "text", "protobufBytes"].allSatisfy { key in
                    ours[key]?.sortingLists(unordered) == item.expected[key]?.sortingLists(unordered)
                }
                #expect(isAsRecorded, "\(item.name) gives \(ours.compact)")
            }
        }
        #expect(run >= 85)
    }

    @Test func everyDepartureNamesACaseThatIsRun() throws {
        let names = Set(try cases().filter { !CombiningCaseRunner.isLeftToTheFrontend($0) }.map(\.name))
        let listed = try departures().map(\.case)
        #expect(Set(listed).count == listed.count)
        #expect(Set(listed).subtracting(names).isEmpty)
        let perRow = Dictionary(grouping: try departures(), by: \.row).sorted { $0.key < $1.key }
        print("departures per row: " + perRow.map { "\($0.key): \($0.value.count)" }.joined(separator: ", "))
    }

    @Test func theOrderOfFoldingDoesNotMatter() throws {
        for item in try cases() where !CombiningCaseRunner.isLeftToTheFrontend(item) {
            let ours = try CombiningCaseRunner.run(item)
            let backwards = try CombiningCaseRunner.run(item, backwards: true)
            #expect(ours == backwards, "\(item.name)")
        }
    }
}
