import Synchronization
import TestSupport

/// The fault that an upstream shows at the moment; a test turns it from row to row.
final class FaultSwitch: Sendable {
    typealias Fault = @Sendable (ScriptedRequest) -> ScriptedBehaviour

    private struct State {
        var fault: Fault = { .answer(HandMadeAnswers.good($0)) }
        var attempts: [String: Int] = [:]
    }

    private let state = Mutex(State())

    func set(_ fault: @escaping Fault) { state.withLock { $0.fault = fault } }

    /// Attempts are counted from one again.
    func forgetAttempts() { state.withLock { $0.attempts = [:] } }

    func behaviour(for request: ScriptedRequest) -> ScriptedBehaviour {
        let (fault, attempt) = state.withLock { state in
            let key = request.tenant + request.path
            state.attempts[key, default: 0] += 1
            return (state.fault, state.attempts[key] ?? 1)
        }
        return fault(request.numbered(attempt))
    }
}
