import HTTPTransport
import TenantFederation

/// The requests that one sub-request becomes: the first, repetitions after failures, and one beside a slow one.
extension TargetExchange {
    /// What all requests of a sub-request have in common.
    struct Call: Sendable {
        let request: HTTPClientRequest
        let operation: Operation
        /// No attempt and no pause goes past it.
        let deadline: ContinuousClock.Instant
        /// May be sent twice without harm.
        let isIdempotent: Bool
        /// Sent once, and nothing is learned of it.
        let isProbe: Bool
        let context: SubRequestContext
    }

    /// How one request on the wire ended.
    enum Attempt: Sendable {
        case answer(HTTPClientResult)
        case failed(UpstreamError)
        case cancelled

        /// The same request may work later.
        var isRetryable: Bool {
            switch self {
            case .answer(let result): RetryPolicy.isRetryable(status: result.status)
            case .failed(let error): error.code == .transport
            case .cancelled: false
            }
        }

        /// A second request of the same question need not be waited for.
        var isConclusive: Bool {
            guard case .answer(let result) = self else { return false }
            return result.status != 429 && !RetryPolicy.isRetryable(status: result.status)
        }

        var bodyBytes: Int {
            guard case .answer(let result) = self else { return 0 }
            return result.body.count
        }
    }

    /// Asks until there is an answer, or no attempt is left.
    /// - Throws: `CancellationError`.
    func attempts(_ call: Call) async throws -> Attempt {
        let account = call.context.account
        var last: Attempt?
        var count = 0
        while true {
            let era: UInt64
            switch try await admission(call) {
            case .success(let admitted): era = admitted
            case .failure(let refusal): return last ?? .failed(refusal)
            }
            count += 1
            if count == 1 {
                // What is refused earns nothing.
                if !call.isProbe { health.earn() }
                account.addAttempt()
            } else {
                account.addRetry()
            }
            let attempt = await count == 1 ? first(call, era) : attempt(call, era)
            if case .cancelled = attempt { throw CancellationError() }
            guard attempt.isRetryable, call.isIdempotent, !call.isProbe else { return attempt }
            let now = environment.clock.now
            let pause = retryPolicy.pause(
                afterAttempts: count, retryAfter: retryAfter(attempt), now: now, deadline: call.deadline,
                chance: environment.chance())
            guard let pause, health.takeRetry(now: now) else { return attempt }
            call.context.budget.giveBack(attempt.bodyBytes)
            last = attempt
            if pause > .zero { try await environment.clock.sleep(until: now + pause) }
        }
    }

    private func retryAfter(_ attempt: Attempt) -> Duration? {
        guard case .answer(let result) = attempt, let text = result.fields["Retry-After"] else { return nil }
        return RetryAfter.parse(text, unixSeconds: environment.wallClock.unixNanoseconds / 1_000_000_000)
    }

    // MARK: Circuit

    /// The era in which a request may be made, or why it may not.
    /// - Throws: `CancellationError`.
    private func admission(_ call: Call) async throws -> Result<UInt64, UpstreamError> {
        let clock = environment.clock
        // For another's probe nobody waits longer than for one of its own.
        let waitEnd = min(call.deadline, clock.now + longestProbe)
        var hasProbed = false
        while true {
            let (admission, lastFailure) = health.admit(now: clock.now)
            switch admission {
            case .pass(let era): return .success(era)
            case .refused: return .failure(circuitOpen(lastFailure, call.context))
            case .probe:
                guard !hasProbed else {
                    health.abandonedProbe()
                    return .failure(circuitOpen("the probe failed", call.context))
                }
                // By its end the circuit is closed, or open again.
                hasProbed = true
                try await probe(call)
            case .probing:
                guard clock.now < waitEnd else { return .failure(circuitOpen(lastFailure, call.context)) }
                let hasEnded = await health.probes.wait(until: waitEnd, clock) { self.health.isProbing }
                try Task.checkCancellation()
                guard hasEnded else { return .failure(circuitOpen(lastFailure, call.context)) }
            }
        }
    }

    private func circuitOpen(_ lastFailure: String, _ context: SubRequestContext) -> UpstreamError {
        UpstreamError(
            .circuitOpen, message: "circuit open after repeated failures, the last one: \(lastFailure)",
            target: target.name, tenant: context.tenant)
    }

    // MARK: One request

    /// Fails at once where the target may have no more requests at a time; waits for room until the deadline otherwise.
    func attempt(_ call: Call, _ era: UInt64) async -> Attempt {
        guard let gate else { return await exchange(call, era) }
        do {
            try await gate.enter(until: call.deadline, environment.clock)
        } catch is CancellationError {
            return .cancelled
        } catch {
            return .failed(
                UpstreamError(
                    .status(429), message: "too many requests to target \(target.name) (max_concurrent)",
                    target: target.name, tenant: call.context.tenant))
        }
        defer { gate.leave() }
        return await exchange(call, era)
    }

    /// One request that has its place.
    private func exchange(_ call: Call, _ era: UInt64) async -> Attempt {
        let started = environment.clock.now
        do {
            let result = try await transport.send(
                call.request, maxBodyBytes: target.maxBodyBytes, budget: call.context.budget)
            call.context.account.addReceivedBytes(result.body.count)
            if call.isProbe { return .answer(result) }
            let now = environment.clock.now
            if result.status == 500 {
                // It may be the question's fault, and somebody is there who says it.
                health.erred(era: era)
            } else if RetryPolicy.isRetryable(status: result.status) {
                health.failed("status \(result.status)", era: era, now: now)
            } else {
                // A refusal comes faster than an answer and teaches nothing about those.
                let isAnswer = result.status < 400 || result.status == 404
                health.answered(call.operation, latency: isAnswer ? now - started : nil, era: era, now: now)
            }
            return .answer(result)
        } catch {
            let clientError = error as? HTTPClientError
            if error is CancellationError || clientError?.code == .cancelled || Task.isCancelled { return .cancelled }
            let failure = upstreamError(for: error, call.context)
            if call.isProbe { return .failed(failure) }
            let now = environment.clock.now
            switch failure.code {
            case .transport where clientError?.code != .invalidRequest:
                health.failed(failure.message, era: era, now: now)
            case .timeout where now - started >= tellingWait(call.operation, clientError):
                health.failed("timeout", era: era, now: now)
            default: break
            }
            return .failed(failure)
        }
    }

    /// Who was waited for less than this in vain has not failed: where the query was over, the time that most answers take.
    private func tellingWait(_ operation: Operation, _ error: HTTPClientError?) -> Duration {
        let usual = error?.code == .deadlineExceeded ? health.usualWait(operation) : nil
        return min(max(usual ?? .zero, Self.leastTellingWait), target.timeout)
    }

    // MARK: Hedging

    private enum Entrant: Sendable {
        case first(Attempt)
        case second(Attempt)
        case timeForSecond
        case noSecond
    }

    /// The first attempt, with a second one beside it when it takes longer than most. The first that is conclusive counts; the
    /// other one is cancelled and the bytes it took are given back.
    private func first(_ call: Call, _ era: UInt64) async -> Attempt {
        let now = environment.clock.now
        guard call.isIdempotent, !call.isProbe, let delay = health.hedgeDelay(call.operation, now: now),
            now + delay < call.deadline
        else { return await attempt(call, era) }
        let clock = environment.clock
        return await withTaskGroup(of: Entrant.self) { group in
            group.addTask { .first(await self.attempt(call, era)) }
            group.addTask {
                do {
                    try await clock.sleep(until: now + delay)
                    return .timeForSecond
                } catch {
                    return .noSecond
                }
            }
            var race = HedgedRace()
            while let entrant = await group.next() {
                switch entrant {
                case .noSecond: break
                case .timeForSecond:
                    guard race.isWaitingForFirst, !Task.isCancelled, takeHedge() else { break }
                    race.secondStarted()
                    call.context.account.addHedge()
                    group.addTask {
                        defer { self.gate?.leave() }
                        return .second(await self.exchange(call, era))
                    }
                case .first(let attempt): race.ended(attempt, isSecond: false)
                case .second(let attempt): race.ended(attempt, isSecond: true)
                }
                call.context.budget.giveBack(race.takeLostBytes())
                if race.isOver { group.cancelAll() }
            }
            if race.hasSecond { metrics.hedged(won: race.isWonBySecond) }
            return race.winner ?? .cancelled
        }
    }

    /// A token of the budget, and a place where the target's requests are bounded: a second request waits for neither.
    private func takeHedge() -> Bool {
        guard health.takeHedge(now: environment.clock.now) else { return false }
        guard gate?.tryEnter() ?? true else {
            health.giveBackHedge()
            return false
        }
        return true
    }

    // MARK: Probe

    /// Asks the target whether it is there, and tells the circuit. Any answer but a 5xx will do: a gateway that does not serve
    /// the path is alive.
    /// - Throws: `CancellationError`.
    private func probe(_ call: Call) async throws {
        let clock = environment.clock
        let started = clock.now
        // Nothing of the caller's: no tenant, no credentials but the target's own.
        let fields = fields(accept: "*/*", [], SubRequestContext(tenant: nil, deadline: call.deadline))
        let timeout = longestProbe
        let request = HTTPClientRequest(
            method: "GET", origin: call.request.origin, target: target.url.pathPrefix + "/api/echo", fields: fields,
            connectTimeout: timeout, firstByteTimeout: timeout, deadline: min(call.deadline, started + timeout),
            tls: call.request.tls)
        do {
            let result = try await transport.send(request, maxBodyBytes: 65_536, budget: ByteBudget())
            health.probed(isAlive: !RetryPolicy.isRetryable(status: result.status), now: clock.now)
        } catch {
            let clientError = error as? HTTPClientError
            if error is CancellationError || clientError?.code == .cancelled || Task.isCancelled {
                health.abandonedProbe()
                throw CancellationError()
            }
            let now = clock.now
            switch upstreamError(for: error, call.context).code {
            case .answerTooLarge: health.probed(isAlive: true, now: now)
            case .timeout where now - started < min(Self.leastTellingWait, timeout): health.abandonedProbe()
            default: health.probed(isAlive: false, now: now)
            }
        }
    }

    /// A probe that takes longer has failed.
    private var longestProbe: Duration { min(target.timeout, .seconds(2)) }
    /// Who was waited for less than this, because the query was over, has not failed.
    private static let leastTellingWait = Duration.milliseconds(100)
}
