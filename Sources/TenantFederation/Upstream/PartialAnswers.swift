/// The partial answers of one sub-request, as they arrive.
///
/// A public Tempo API gives exactly one; an embedded store or a querier may give several. Nothing happens before the
/// first `next()`; cancelling the consuming task cancels the work behind it.
package struct PartialAnswers<Part: Sendable>: AsyncSequence, Sendable {
    package typealias Element = Part
    package typealias Failure = any Error

    private let makeIterator: @Sendable () -> AsyncIterator

    /// A sequence whose parts come from the iterator that `make` gives, one iterator a consumer.
    package init(_ make: @escaping @Sendable () -> AsyncIterator) {
        makeIterator = make
    }

    /// A sequence of exactly one part, or none where `answer` returns nil.
    package init(single answer: @escaping @Sendable () async throws -> Part?) {
        makeIterator = {
            var isDone = false
            return AsyncIterator {
                if isDone { return nil }
                isDone = true
                return try await answer()
            }
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { makeIterator() }

    package struct AsyncIterator: AsyncIteratorProtocol {
        private let produce: () async throws -> Part?

        package init(_ produce: @escaping () async throws -> Part?) {
            self.produce = produce
        }

        package mutating func next() async throws -> Part? { try await produce() }
    }
}
