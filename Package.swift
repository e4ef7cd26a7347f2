// swift-tools-version: 6.2
import PackageDescription

// No dependencies, by decision: Foundation, Dispatch, Synchronization and the platform's C library are all there is.
let package = Package(
    name: "tempo-query-frontend",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "TraceQL", targets: ["TraceQL"]),
        .library(name: "QueryFrontend", targets: ["QueryFrontend"]),
        .executable(name: "tempo-query-frontend", targets: ["tempo-query-frontend"]),
    ],
    dependencies: [],
    targets: [
        .systemLibrary(name: "CPlatform"),
        // Mathematical functions: nothing else links them for a program that uses this module alone.
        .target(name: "TraceQL", linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
        .target(name: "TempoAPI"),
        .target(name: "HTTPTransport", dependencies: ["CPlatform"]),
        .target(name: "TenantFederation", dependencies: ["TraceQL", "TempoAPI"]),
        .target(name: "TraceStore", dependencies: ["TraceQL", "TempoAPI", "CPlatform"]),
        .target(
            name: "QueryFrontend",
            dependencies: ["TraceQL", "TempoAPI", "TenantFederation", "TraceStore", "HTTPTransport"]
        ),
        .executableTarget(name: "tempo-query-frontend", dependencies: ["QueryFrontend", "HTTPTransport"]),
        .executableTarget(
            name: "replaying-upstream",
            dependencies: ["HTTPTransport", "TempoAPI"],
            path: "Examples/ReplayingUpstream",
            exclude: ["README.md"],
            resources: [.copy("Recordings")]
        ),
        .executableTarget(
            name: "benchmarks",
            dependencies: ["TraceQL", "HTTPTransport", "TempoAPI", "TenantFederation", "TraceStore", "QueryFrontend"],
            path: "Benchmarks",
            exclude: ["EndToEnd"]
        ),
        .target(name: "TestSupport", path: "Tests/TestSupport", resources: [.copy("Fixtures")]),
        .target(
            name: "TraceQLTestSupport", dependencies: ["TraceQL", "TestSupport"], path: "Tests/TraceQLTestSupport"),
        .testTarget(
            name: "TraceQLTests", dependencies: ["TraceQL", "TestSupport", "TraceQLTestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "TempoAPITests", dependencies: ["TempoAPI", "TestSupport"], resources: [.copy("Fixtures")]),
        .testTarget(
            name: "HTTPTransportTests", dependencies: ["HTTPTransport", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "TenantFederationTests", dependencies: ["TenantFederation", "TraceQL", "TempoAPI", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "TraceStoreTests",
            dependencies: ["TraceStore", "TraceQL", "TempoAPI", "TestSupport", "TraceQLTestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "QueryFrontendTests",
            dependencies: [
                "QueryFrontend", "TenantFederation", "TraceStore", "TraceQL", "TempoAPI", "HTTPTransport",
                "TestSupport", "TraceQLTestSupport",
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["TestSupport", "tempo-query-frontend", "replaying-upstream"],
            resources: [.copy("Fixtures")]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}
