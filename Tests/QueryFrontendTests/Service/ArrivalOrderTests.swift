import HTTPTransport
import TempoAPI
import TestSupport
import Testing

@testable import QueryFrontend

/// The same request gives the same bytes, whatever order the targets answer in.
struct ArrivalOrderTests {
    /// What each `tenant@target` answers to each kind of question; the parts overlap.
    struct Question: Decodable, Sendable, CustomTestStringConvertible {
        let target: String
        let accept: String?
        let answers: [String: ServiceCase.Rule]
        var testDescription: String { target + " " + (accept ?? "") }
    }

    @Test(arguments: try Corpus.load("service-arrival", in: .module, atLeast: 9, as: Question.self))
    func `the order of arrival does not show`(_ question: Question) async throws {
        let askers = question.answers.keys.sorted()
        #expect(askers.count == 4)
        var first: ServiceAnswer?
        for order in Self.permutations(askers) {
            let answer = try await Self.answer(question, order)
            if let first {
                #expect(answer.body == first.body, "\(order)")
                #expect(Self.untimed(answer) == Self.untimed(first), "\(order)")
            } else {
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.body.count > 30)
                first = answer
            }
        }
    }

    /// The fields without those that tell how long everything took.
    private static func untimed(_ answer: ServiceAnswer) -> [[String]] {
        answer.fields.filter { $0.0 != "Server-Timing" }.map { [$0.0, $0.1] }
    }

    /// Releases the targets in the given order, each when the one before has been folded.
    private static func answer(_ question: Question, _ order: [String]) async throws -> ServiceAnswer {
        let gates = Dictionary(uniqueKeysWithValues: order.map { ($0, Gate()) })
        let harness = try ServiceHarness(ServiceHarness.twoTargets) { request in
            try await gates[request.asker]?.wait()
            guard let rule = question.answers[request.asker] else { return .text(599, "") }
            return try rule.answer(request)
        }
        return try await withTaskExecutorPreference(SerialTaskExecutor()) {
            try await withThrowingTaskGroup(of: ServiceAnswer.self) { group in
                group.addTask {
                    try await harness.get(
                        question.target, tenant: "a|b", fields: question.accept.map { [("Accept", $0)] } ?? [])
                }
                await harness.transport.received(order.count)
                for asker in order { gates[asker]?.open() }
                guard let answer = try await group.next() else { throw CancellationError() }
                let arrived = harness.transport.answered.map { String($0.prefix { $0 != " " }) }
                #expect(arrived == order)
                return answer
            }
        }
    }

    private static func permutations(_ items: [String]) -> [[String]] {
        guard items.count > 1 else { return [items] }
        return items.indices.flatMap { index in
            var rest = items
            let item = rest.remove(at: index)
            return permutations(rest).map { [item] + $0 }
        }
    }
}
