import TestSupport
import Testing

/// The tables of whole requests: each row is one request to a frontend over scripted targets.
struct ServiceTableTests {
    @Test(arguments: try Corpus.load("service-tenancy", in: .module, atLeast: 40, as: ServiceCase.self))
    func `tenants are checked and sent`(_ item: ServiceCase) async throws { try await item.check() }

    @Test(arguments: try Corpus.load("service-status", in: .module, atLeast: 60, as: ServiceCase.self))
    func `statuses of targets are translated`(_ item: ServiceCase) async throws { try await item.check() }

    @Test(arguments: try Corpus.load("service-credentials", in: .module, atLeast: 14, as: ServiceCase.self))
    func `credentials go where they belong`(_ item: ServiceCase) async throws { try await item.check() }

    @Test(arguments: try Corpus.load("service-plan", in: .module, atLeast: 20, as: ServiceCase.self))
    func `sub-requests follow the plan`(_ item: ServiceCase) async throws { try await item.check() }

    @Test(arguments: try Corpus.load("service-faults", in: .module, atLeast: 25, as: ServiceCase.self))
    func `faults are retried, forgiven or reported`(_ item: ServiceCase) async throws { try await item.check() }

    @Test(arguments: try Corpus.load("service-limits", in: .module, atLeast: 15, as: ServiceCase.self))
    func `limits hold and are named`(_ item: ServiceCase) async throws { try await item.check() }

    @Test(arguments: try Corpus.load("service-completion", in: .module, atLeast: 16, as: ServiceCase.self))
    func `traces that are found become whole`(_ item: ServiceCase) async throws { try await item.check() }

    @Test(arguments: try Corpus.load("service-cross-tenant", in: .module, atLeast: 17, as: ServiceCase.self))
    func `searches that relate spans of tenants are evaluated on whole traces`(_ item: ServiceCase) async throws {
        try await item.check()
    }

    @Test(arguments: try Corpus.load("service-cross-tenant-metrics", in: .module, atLeast: 30, as: ServiceCase.self))
    func `metrics that relate spans of several tenants are counted on whole traces`(_ item: ServiceCase) async throws {
        try await item.check()
    }

    @Test(arguments: try Corpus.load("service-answers", in: .module, atLeast: 30, as: ServiceCase.self))
    func `answers have the form that was asked for`(_ item: ServiceCase) async throws { try await item.check() }

    @Test(arguments: try Corpus.load("service-pass-through", in: .module, atLeast: 14, as: ServiceCase.self))
    func `one tenant of one target passes through`(_ item: ServiceCase) async throws { try await item.check() }

    @Test(arguments: try Corpus.load("service-metrics", in: .module, atLeast: 38, as: ServiceCase.self))
    func `metrics queries are merged`(_ item: ServiceCase) async throws { try await item.check() }

    @Test(arguments: try Corpus.load("service-attribution", in: .module, atLeast: 22, as: ServiceCase.self))
    func `spans seem to carry their tenant and target`(_ item: ServiceCase) async throws { try await item.check() }

    @Test(arguments: try Corpus.load("service-pages", in: .module, atLeast: 14, as: ServiceCase.self))
    func `pages speak of the process`(_ item: ServiceCase) async throws { try await item.check() }
}
