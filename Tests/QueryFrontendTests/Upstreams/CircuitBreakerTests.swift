import Testing

@testable import QueryFrontend

/// The circuit as a table of what happened and what follows; time is told, nobody waits.
struct CircuitBreakerTests {
    /// One step of a script, at so many milliseconds.
    private enum Step {
        /// A request wants to pass; its era is kept under the name.
        case passes(String)
        case refused(milliseconds: Int)
        case probes
        /// Another probes.
        case waits
        case alive, dead, abandoned
        case success(String)
        case failure(String)
        /// A 500.
        case erred(String)
        case state(CircuitBreaker.State)
    }

    private static func run(
        _ name: String, settings: CircuitBreaker.Settings = .init(failures: 2), _ script: [(Int, Step)]
    ) {
        let start = ContinuousClock.now
        var circuit = CircuitBreaker(settings)
        var eras: [String: UInt64] = [:]
        for (index, (milliseconds, step)) in script.enumerated() {
            let now = start + .milliseconds(milliseconds)
            let place: Comment = "\(name), step \(index)"
            switch step {
            case .passes(let request):
                guard case .pass(let era) = circuit.admit(now: now) else {
                    Issue.record("\(place): is not admitted")
                    return
                }
                eras[request] = era
            case .refused(let wait):
                let admission = circuit.admit(now: now)
                #expect(admission == .refused(.milliseconds(wait)), place)
            case .probes:
                let admission = circuit.admit(now: now)
                #expect(admission == .probe, place)
            case .waits:
                let admission = circuit.admit(now: now)
                #expect(admission == .probing, place)
            case .alive: circuit.probed(isAlive: true, now: now)
            case .dead: circuit.probed(isAlive: false, now: now)
            case .abandoned: circuit.abandonedProbe()
            case .success(let request): circuit.succeeded(era: eras[request] ?? .max)
            case .failure(let request): circuit.failed(era: eras[request] ?? .max, now: now)
            case .erred(let request): circuit.erred(era: eras[request] ?? .max)
            case .state(let state): #expect(circuit.state == state, place)
            }
        }
    }

    @Test func `failures in a row open it, an answer between them does not let it come to that`() {
        Self.run(
            "opens",
            [
                (0, .passes("a")), (0, .failure("a")), (0, .state(.closed)), (0, .failure("a")), (0, .state(.open)),
                (0, .refused(milliseconds: 1000)), (400, .refused(milliseconds: 600)),
            ])
        Self.run(
            "broken row",
            [
                (0, .passes("a")), (0, .failure("a")), (0, .success("a")), (0, .failure("a")), (0, .state(.closed)),
                (0, .failure("a")), (0, .state(.open)),
            ])
        Self.run(
            "row broken by an error of a question",
            [
                (0, .passes("a")), (0, .failure("a")), (0, .erred("a")), (0, .failure("a")), (0, .state(.closed)),
                (0, .failure("a")), (0, .state(.open)),
            ])
        Self.run(
            "off", settings: .init(failures: 0),
            [(0, .passes("a"))] + Array(repeating: (0, .failure("a")), count: 50) + [(0, .passes("b"))])
    }

    @Test func `one caller probes, the others wait, and the first request after it decides`() {
        let opened: [(Int, Step)] = [(0, .passes("a")), (0, .failure("a")), (0, .failure("a"))]
        Self.run(
            "recovers",
            opened + [
                (999, .refused(milliseconds: 1)), (1000, .probes), (1000, .state(.halfOpen)),
                (1001, .waits), (1005, .alive), (1005, .passes("b")), (1005, .passes("c")),
                (1010, .success("b")), (1011, .failure("c")), (1011, .state(.closed)),
            ])
        Self.run(
            "fails on trial",
            opened + [
                (1000, .probes), (1000, .alive), (1000, .passes("b")), (1000, .passes("c")), (1010, .failure("b")),
                (1010, .state(.open)), (1010, .refused(milliseconds: 2000)), (1020, .success("c")),
                (1020, .state(.open)),
            ])
        Self.run(
            "an error on trial decides nothing",
            opened + [
                (1000, .probes), (1000, .alive), (1000, .passes("b")), (1010, .erred("b")), (1010, .failure("b")),
                (1010, .state(.open)),
            ])
        Self.run(
            "abandoned probe",
            opened + [
                (1000, .probes), (1100, .abandoned), (1100, .state(.open)), (1100, .probes), (1100, .alive),
                (1100, .passes("b")),
            ])
    }

    @Test func `it stays open twice as long each time, up to a bound, and a request that lasts starts it over`() {
        let settings = CircuitBreaker.Settings(failures: 1, openFor: .seconds(1), maxOpenFor: .seconds(3))
        Self.run(
            "grows", settings: settings,
            [
                (0, .passes("a")), (0, .failure("a")), (0, .refused(milliseconds: 1000)), (1000, .probes),
                (1000, .dead), (1000, .refused(milliseconds: 2000)), (3000, .probes), (3000, .dead),
                (3000, .refused(milliseconds: 3000)), (6000, .probes), (6000, .dead),
                (6000, .refused(milliseconds: 3000)), (9000, .probes), (9000, .alive), (9000, .passes("b")),
                (9000, .success("b")), (9000, .failure("b")), (9000, .refused(milliseconds: 1000)),
            ])
    }

    @Test func `what began before it opened tells nothing afterwards`() {
        Self.run(
            "late ends", settings: .init(failures: 1),
            [
                (0, .passes("old")), (0, .passes("other")), (0, .passes("third")), (0, .failure("old")),
                (0, .state(.open)), (500, .failure("other")), (500, .refused(milliseconds: 500)),
                (600, .success("third")),
                (600, .state(.open)), (1000, .probes), (1000, .alive), (1000, .passes("new")),
                (1000, .failure("other")),
                (1000, .state(.closed)), (1000, .success("new")), (1000, .state(.closed)),
            ])
    }
}
