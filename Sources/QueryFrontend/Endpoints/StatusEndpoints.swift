import HTTPTransport

/// The pages that speak of the process itself. None of them needs a tenant.
extension FrontendService {
    /// `/status/<unknown>` has no route and is a 404 there.
    func status(_ route: Route, _ target: RequestTarget, query: QueryItems, of request: HTTPServerRequest)
        -> HTTPResponse
    {
        switch route {
        case .echo: HTTPResponse(text: "echo\n", noSniff: true)
        case .ready: readiness
        case .metrics: metricsPage
        case .buildInfo: buildInformation
        case .usageStats: HTTPResponse(text: "usage-stats is not enabled\n")
        case .status: allStatus
        case .statusSection("version"): HTTPResponse(text: versionText, contentType: "text/plain")
        case .statusSection("services"): HTTPResponse(text: servicesText, contentType: "text/plain")
        case .statusSection("endpoints"): HTTPResponse(text: endpointsText, contentType: "text/plain")
        case .statusSection("runtime_config"): HTTPResponse(text: runtimeConfigurationText, contentType: "text/plain")
        case .statusSection("config"): configurationPage(mode: query.text("mode"))
        case .statusUpstreams:
            upstreamsPage(request, query, isInstances: target.path.hasSuffix("/api/status/instances"))
        case .statusOverrides: overridesPage(tenant: nil)
        case .statusTenantOverrides(let tenant): overridesPage(tenant: tenant)
        default: HTTPResponse(.pageNotFound, isQuery: false)
        }
    }

    // MARK: Probes

    private var readiness: HTTPResponse {
        switch phase {
        case .running: HTTPResponse(text: "ready\n", noSniff: true)
        case .starting:
            HTTPResponse(status: 503, text: "Some services are not Running:\nStarting: 1\n", noSniff: true)
        case .stopping: HTTPResponse(status: 503, text: "Application is stopping\n", noSniff: true)
        }
    }

    private var metricsPage: HTTPResponse {
        guard configuration.server.registerInstrumentation else { return HTTPResponse(.pageNotFound, isQuery: false) }
        var fields = HTTPFields()
        fields.append("Content-Type", MetricsRegistry.contentType)
        return HTTPResponse(status: 200, fields: fields, body: .bytes(metrics.registry.expose()), compressible: true)
    }

    /// The key `goVersion` is part of Tempo's shape; its value says truly what this was built with.
    private var buildInformation: HTTPResponse {
        let build = BuildInformation()
        let revision = "\(build.name) \(build.version)"
        let text =
            #"{"version":"\#(build.tempoVersion)","revision":"\#(revision)","branch":"\#(build.branch)","#
            + #""buildUser":"\#(build.buildUser)","buildDate":"\#(build.buildDate)","#
            + #""goVersion":"\#(build.languageVersion)"}"# + "\n"
        return HTTPResponse(text: text, contentType: "application/json")
    }

    // MARK: Status sections

    private var allStatus: HTTPResponse {
        let sections = [
            ("version", versionText), ("services", servicesText), ("endpoints", endpointsText),
            ("runtime_config", runtimeConfigurationText), ("upstreams", upstreamsText),
            ("config", configurationText(.full)),
        ]
        let text = sections.map { "GET /status/\($0.0)\n\($0.1)\n" }.joined()
        return HTTPResponse(text: text, contentType: "text/plain")
    }

    private var versionText: String { BuildInformation().text }

    private var servicesText: String {
        let state =
            switch phase {
            case .starting: "Starting"
            case .running: "Running"
            case .stopping: "Stopping"
            }
        let names = ["query-frontend", "server", "overrides"] + (storeUpstream == nil ? [] : ["store", "receiver"])
        return TextTable.render(header: ["service name", "status"], rows: names.map { [$0, state] })
    }

    private var endpointsText: String {
        TextTable.render(
            header: ["path"],
            rows: routes.documentedPaths.map { [$0] })
    }

    private var runtimeConfigurationText: String {
        guard !configuration.overrides.perTenantOverrideConfig.isEmpty else {
            return "no overrides.per_tenant_override_config is set\n"
        }
        return "overrides.per_tenant_override_config: \(configuration.overrides.perTenantOverrideConfig)\n"
            + "read again every \(GoDuration.format(configuration.overrides.perTenantOverridePeriod))\n"
    }

    private func configurationText(_ mode: FrontendConfiguration.YAMLMode) -> String {
        "---\n" + configuration.yaml(mode: mode)
    }

    private func configurationPage(mode: String?) -> HTTPResponse {
        switch mode {
        case nil: HTTPResponse(text: configurationText(.full), contentType: "text/plain")
        case "diff": HTTPResponse(text: configurationText(.diff), contentType: "text/plain")
        case "defaults": HTTPResponse(text: configurationText(.defaults), contentType: "text/plain")
        case .some(let other):
            HTTPResponse(
                status: 500, text: "unknown value for mode query parameter: \(other)\n", noSniff: true)
        }
    }

    // MARK: Overrides

    /// The limits in force: the defaults, and those of every tenant that has its own or of the one that is named.
    private func overridesPage(tenant: String?) -> HTTPResponse {
        var rows: [[String]] = []
        func add(_ name: String, _ limits: TenantLimits) {
            for (key, value) in limits.numbers {
                let text =
                    key.hasSuffix("_duration") ? GoDuration.format(.seconds(value)) : "\(Int(exactly: value) ?? .max)"
                rows.append([name, key, text])
            }
        }
        if let tenant {
            add(tenant, overrides.limits(for: tenant))
        } else {
            let all = overrides.all
            add("(defaults)", all.defaults)
            for entry in all.entries { add(entry.tenant, entry.limits) }
        }
        return HTTPResponse(
            text: TextTable.render(header: ["tenant", "limit", "value"], rows: rows), contentType: "text/plain")
    }
}
