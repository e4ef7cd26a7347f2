extension CommandLineOptions {
    /// What `-config.example` prints: a file for two clusters that can be started as it is, once its endpoints are right.
    public static let exampleConfiguration = """
        # Several Tempo clusters as one. This is the form of tempo-federated-querier; tempo.yaml of this program's sources shows
        # Tempo's own form, in which the same clusters stand under federation.proxy_targets, with more to set for each of them.
        http_listen_address: 0.0.0.0
        http_listen_port: 3200

        # The clusters. An org_id is sent as X-Scope-OrgID; without one the caller's is, if there is one.
        instances:
          - name: eu
            endpoint: http://tempo-eu.example:3200
            org_id: team-a
            timeout: 20s
          - name: us
            endpoint: http://tempo-us.example:3200/tempo
            headers:
              X-Cluster: us

        # Of a whole query, and of an instance that has no timeout of its own.
        query_timeout: 30s
        # Requests of one query at once.
        max_concurrent_queries: 20
        # A larger trace is cut, and its answer says so.
        max_bytes_per_trace: 52428800
        # Answer without the clusters that failed, and say so, instead of failing.
        allow_partial_responses: true

        """
}
