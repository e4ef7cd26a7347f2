import TestSupport
import Testing

/// The tables of whole requests to several clusters: which of them may be missing, and how they were listed.
struct MemberTableTests {
    @Test(arguments: try Corpus.load("service-partial", in: .module, atLeast: 33, as: ServiceCase.self))
    func `the loss of a member is denied, allowed and told`(_ item: ServiceCase) async throws { try await item.check() }

    @Test(arguments: try Corpus.load("service-models", in: .module, atLeast: 15, as: ServiceCase.self))
    func `targets of every model are asked as its users expect`(_ item: ServiceCase) async throws {
        try await item.check()
    }

    @Test(arguments: try Corpus.load("service-versions", in: .module, atLeast: 21, as: ServiceCase.self))
    func `targets of older versions are asked as they can be, and told`(_ item: ServiceCase) async throws {
        try await item.check()
    }

    @Test(arguments: try Corpus.load("service-bounds", in: .module, atLeast: 30, as: ServiceCase.self))
    func `targets are asked for the time that they hold`(_ item: ServiceCase) async throws { try await item.check() }
}
