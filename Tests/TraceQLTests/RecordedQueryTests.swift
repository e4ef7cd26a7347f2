import TestSupport
import Testing
import TraceQL

/// Every recorded query gives the recorded verdict, text and error, except for the departures, which all really differ.
@Suite(.computeThreads) struct RecordedQueryTests {
    @Test func verdictsCanonicalTextsAndErrorsAreTempos() throws {
        let errors = try Departure.all(.error)
        let canonicals = try Departure.all(.canonical)
        var failures: [String] = []
        var departed = 0
        for recorded in try RecordedQuery.all() {
            switch Outcome(recorded.q) {
            case .invalid(let message):
                if recorded.ok {
                    failures.append("\(recorded.q): refused: \(message)")
                } else if let departure = errors[recorded.q] {
                    departed += 1
                    if message != departure.expected || message == recorded.error {
                        failures.append("\(recorded.q): departs to \(message)")
                    }
                } else if message != recorded.error {
                    failures.append("\(recorded.q): \(message), not \(recorded.error ?? "")")
                }
            case .valid(let tempo, _, let query):
                if !recorded.ok {
                    failures.append("\(recorded.q): accepted")
                } else if let departure = canonicals[recorded.q] {
                    departed += 1
                    if tempo != departure.expected || tempo == recorded.canonical {
                        failures.append("\(recorded.q): departs to \(tempo)")
                    }
                } else if tempo != recorded.canonical {
                    failures.append("\(recorded.q): \(tempo), not \(recorded.canonical ?? "")")
                }
                if (query.isMetricsQuery ? "metrics" : "spanset") != recorded.kind { failures.append(recorded.q) }
            }
        }
        #expect(failures.isEmpty, "\(failures.count) of them: \(failures.prefix(10))")
        #expect(departed == errors.count + canonicals.count)
    }

    @Test func everyDepartureOfAnErrorIsOnlyTheLine() throws {
        let recorded = try Dictionary(RecordedQuery.all().map { ($0.q, $0.error ?? "") }, uniquingKeysWith: { $1 })
        for departure in try Departure.all(.error).values {
            #expect(departure.row == "22")
            let theirs = try #require(recorded[departure.case])
            #expect(theirs.contains("line 0, "))
            let ours = departure.expected.replacing(/line \d+/, with: "line 0")
            #expect(ours == theirs)
        }
    }

    @Test func everyValidQueryIsEqualToItsTextReadBack() throws {
        let departures = try Departure.all(.reparsable)
        var failures: [String] = []
        var departed = 0
        var count = 0
        for recorded in try RecordedQuery.all() where recorded.ok {
            guard case .valid(let tempo, let reparsable, let query) = Outcome(recorded.q) else { continue }
            count += 1
            if let departure = departures[recorded.q] {
                departed += 1
                if reparsable != departure.expected || reparsable == tempo { failures.append(recorded.q) }
            } else if reparsable != tempo {
                failures.append("\(recorded.q): \(reparsable) is not \(tempo)")
            }
            let again = try Query.parse(reparsable)
            if again != query || again.description != reparsable { failures.append(recorded.q) }
        }
        #expect(failures.isEmpty, "\(failures.prefix(10))")
        #expect(departed == departures.count)
        #expect(count == 2_110)
    }

    @Test func temposOwnTextOfADepartureCannotBeReadBack() throws {
        for departure in try Departure.all(.reparsable).values {
            let query = try Query.parse(departure.case)
            let tempo = String(decoding: query.canonicalText(.tempo), as: UTF8.self)
            #expect((try? Query.parse(tempo)) != query, "\(tempo)")
        }
    }
}
