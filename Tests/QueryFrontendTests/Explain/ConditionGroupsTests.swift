import TestSupport
import Testing

@testable import QueryFrontend

struct ConditionGroupsTests {
    @Test(arguments: try Corpus.load("service-condition-groups", in: .module, atLeast: 34, as: ServiceCase.self))
    func `tag queries are bounded by their groups of conditions`(_ item: ServiceCase) async throws {
        try await item.check()
    }
}
