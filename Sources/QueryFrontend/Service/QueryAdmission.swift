import HTTPTransport
import Synchronization

/// Counts the queries that run at once and refuses those above a bound, rather than queueing them.
final class QueryAdmission: Sendable {
    /// A query's place; given back when nobody holds it any longer.
    final class Place: Sendable {
        private let admission: QueryAdmission

        fileprivate init(_ admission: QueryAdmission) { self.admission = admission }

        deinit { admission.running.subtract(1, ordering: .relaxed) }
    }

    private let running = Atomic<Int>(0)
    private let maximum: Int

    /// - Parameter maximum: queries at once; 0 means no limit.
    init(maximum: Int) { self.maximum = maximum }

    /// The place of a query that may run; nil above the bound.
    func enter() -> Place? {
        let now = running.add(1, ordering: .relaxed).newValue
        if maximum > 0, now > maximum {
            running.subtract(1, ordering: .relaxed)
            return nil
        }
        return Place(self)
    }
}

extension HTTPResponseBody {
    /// The same body; a stream keeps the place of its query, whose parts it holds, until it is written or dropped.
    func keeping(_ place: QueryAdmission.Place) -> HTTPResponseBody {
        guard case .stream(let length, let produce) = self else { return self }
        return .stream(length: length) { writer in
            try await produce(writer)
            withExtendedLifetime(place) {}
        }
    }
}
