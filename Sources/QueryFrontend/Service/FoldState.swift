import Synchronization

/// A combiner shared by the sub-requests of one query, which fold their parts as they arrive.
final class FoldState<State: Sendable>: Sendable {
    private let state: Mutex<State>

    init(_ state: State) { self.state = Mutex(state) }

    func update<R, E: Error>(_ body: (inout State) throws(E) -> sending R) throws(E) -> sending R {
        try state.withLock { (state: inout sending State) throws(E) -> sending R in try body(&state) }
    }

    /// Gives the state away and leaves `replacement` in its place, so that the taker is its only owner.
    func take(_ replacement: State) -> State {
        state.withLock { current in
            let taken = current
            current = replacement
            return taken
        }
    }

    var value: State { state.withLock { $0 } }
}
