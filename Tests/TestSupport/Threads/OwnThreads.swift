public import Testing

/// Runs each test of a suite on threads of its own, for tests that block: on sockets, on processes, on the clock.
///
/// On the few threads that all tests share they would wait for whatever else computes there.
public struct OwnThreads: SuiteTrait, TestTrait, TestScoping {
    /// True: every test of a suite runs so.
    public var isRecursive: Bool { true }

    /// Runs a test with the executor preferred.
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(BlockingExecutor.shared) {
            try await function()
        }
    }
}

extension Trait where Self == OwnThreads {
    /// Runs tests on threads of their own.
    public static var ownThreads: OwnThreads { OwnThreads() }
}
