import TenantFederation

/// What is done beside the queries. Whoever runs the service runs this too; without it versions of targets are not known.
extension FrontendService {
    /// How many targets are asked for their versions at once.
    private static let maxProbes = 4
    /// One target with all attempts.
    private static let probeTime = Duration.seconds(10)

    /// Asks targets that are used for their versions, each at most once in `federation.version_probe_interval`, until the task is cancelled.
    public func maintain() async {
        let upstreams = proxyUpstreams
        await withTaskGroup(of: Void.self) { probes in
            var running = 0
            for await index in probeRequests where upstreams.indices.contains(index) {
                if running >= Self.maxProbes {
                    await probes.next()
                    running -= 1
                }
                let upstream = upstreams[index]
                let tenant = configuration.federation.proxyTargets[index].fixedTenants.first
                probes.addTask {
                    let context = SubRequestContext(tenant: tenant, deadline: .now + Self.probeTime)
                    // Cancelled only with the loop itself.
                    _ = try? await upstream.probeVersion(context)
                }
                running += 1
            }
            probes.cancelAll()
        }
    }
}
