import TestSupport
import Testing

@testable import QueryFrontend

/// Cases that were recorded from Tempo's complete frontend with faked queriers. What we do otherwise on purpose is in
/// `combining-frontend-departures.json`, with the row of DEPARTURES.md that says so.
struct CombiningFrontendTests {
    struct Case: Decodable, Sendable {
        let name: String
        let endpoint: String
        let params: JSONValue
        let inputs: [JSONValue]
        let expected: JSONValue
    }

    struct Departure: Decodable, Sendable {
        let `case`: String
        let row: Int
        let expected: JSONValue
    }

    private static func cases() throws -> [Case] {
        try Corpus.load("combining-frontend-cases", in: .module, atLeast: 74)
    }

    private static func departures() throws -> [Departure] {
        try Corpus.load("combining-frontend-departures", in: .module, atLeast: 13)
    }

    @Test func `every case gives the recorded answer or a listed departure`() async throws {
        let departures = Dictionary(uniqueKeysWithValues: try Self.departures().map { ($0.case, $0) })
        let perRow = Dictionary(grouping: departures.values, by: \.row).sorted { $0.key < $1.key }
        print("departures per row: " + perRow.map { "\($0.key): \($0.value.count)" }.joined(separator: ", "))
        for item in try Self.cases() {
            let ours = try await CombiningFrontendRunner.run(item)
            if let departure = departures[item.name] {
                #expect(ours == departure.expected, "\(item.name) gives \(ours.compact)")
                let isNone = CombiningFrontendRunner.isRecorded(departure.expected, item.expected)
                #expect(!isNone, "\(item.name) is listed as a departure but is none")
                #expect((1...30).contains(departure.row))
            } else {
                let isRecorded = CombiningFrontendRunner.isRecorded(ours, item.expected)
                #expect(isRecorded, "\(item.name) gives \(ours.compact)")
            }
        }
    }

    @Test func `every departure names a case that is run, once`() throws {
        let names = Set(try Self.cases().map(\.name))
        let listed = try Self.departures().map(\.case)
        #expect(Set(listed).count == listed.count)
        #expect(Set(listed).subtracting(names).isEmpty)
    }
}
