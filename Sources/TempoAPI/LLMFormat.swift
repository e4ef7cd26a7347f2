// The simplified JSON that Tempo gives for `Accept: application/vnd.grafana.llm`: ids in hex, attributes as plain JSON values, numbers
// as numbers, empty members left out.

extension SearchTagValuesV2Response {
    /// Appends the simplified JSON: `{"tagValues":{"string":["a"]},"metrics":{"inspectedBytes":37}}`, the values grouped by type.
    public func appendLLMJSON(to bytes: inout [UInt8]) {
        var writer = JSONWriter()
        swap(&writer.output, &bytes)
        defer { swap(&writer.output, &bytes) }
        var groups: [String: [String]] = [:]
        for value in tagValues { groups[value.type, default: []].append(value.value) }
        writer.literal("{\"tagValues\":{")
        for type in Text.sortedKeys(groups) {
            writer.key(type)
            writer.byte(0x5b)
            for value in groups[type] ?? [] {
                writer.separator()
                writer.string(value)
            }
            writer.byte(0x5d)
        }
        writer.byte(0x7d)
        let metrics = metrics ?? MetadataMetrics()
        writer.llmMetrics(
            [
                ("inspectedBytes", metrics.inspectedBytes), ("totalJobs", UInt64(metrics.totalJobs)),
                ("completedJobs", UInt64(metrics.completedJobs)), ("totalBlocks", UInt64(metrics.totalBlocks)),
                ("totalBlockBytes", metrics.totalBlockBytes), ("backendReads", metrics.backendReads),
                ("backendBytes", metrics.backendBytes),
            ], metrics.additionalMetrics)
        writer.byte(0x7d)
    }
}

extension TraceByIDResponse {
    /// Appends the simplified JSON; a response without spans is `{}`.
    public func appendLLMJSON(to bytes: inout [UInt8]) {
        var writer = JSONWriter()
        swap(&writer.output, &bytes)
        defer { swap(&writer.output, &bytes) }
        writer.byte(0x7b)
        if let trace, let first = trace.firstSpan {
            writer.literal("\"trace\":{\"traceId\":")
            writer.hex(first.traceID)
            writer.literal(",\"services\":[")
            for batch in trace.resourceSpans {
                writer.separator()
                writer.llmService(batch)
            }
            writer.literal("]}")
            let metrics = metrics ?? TraceByIDMetrics()
            writer.llmMetrics(
                [
                    ("inspectedBytes", metrics.inspectedBytes), ("backendReads", metrics.backendReads),
                    ("backendBytes", metrics.backendBytes),
                ], metrics.additionalMetrics)
            writer.key("status")
            if status == .complete { writer.literal("\"COMPLETE\"") } else { writer.enumeration(status) }
            writer.llmText("message", message)
        }
        writer.byte(0x7d)
    }
}

extension Trace {
    fileprivate var firstSpan: TraceSpan? {
        for batch in resourceSpans {
            for scope in batch.scopeSpans {
                if let span = scope.spans.first { return span }
            }
        }
        return nil
    }
}

extension JSONWriter {
    fileprivate mutating func hex(_ bytes: [UInt8]) {
        byte(0x22)
        for value in bytes {
            byte(Self.hexDigit(value >> 4))
            byte(Self.hexDigit(value & 15))
        }
        byte(0x22)
    }

    fileprivate mutating func llmText(_ name: StaticString, _ text: String) {
        guard !text.utf8.isEmpty else { return }
        key(name)
        string(text)
    }

    fileprivate mutating func llmHex(_ name: StaticString, _ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        key(name)
        hex(bytes)
    }

    /// Left out when all are zero.
    fileprivate mutating func llmMetrics(_ counters: [(StaticString, UInt64)], _ more: [String: Int64]) {
        let known = counters.filter { $0.1 != 0 }
        guard !known.isEmpty || !more.isEmpty else { return }
        key("metrics")
        byte(0x7b)
        for (name, value) in known {
            key(name)
            decimal(value)
        }
        if !more.isEmpty {
            key("additionalMetrics")
            byte(0x7b)
            for name in Text.sortedKeys(more) {
                key(name)
                decimal(more[name] ?? 0)
            }
            byte(0x7d)
        }
        byte(0x7d)
    }

    fileprivate mutating func llmService(_ batch: ResourceSpans) {
        byte(0x7b)
        let attributes = batch.resource?.attributes ?? []
        if let name = attributes.last(where: { $0.key == "service.name" }), case .string(let text) = name.value?.value {
            llmText("serviceName", text)
        }
        llmAttributes("resource", attributes.filter { $0.key != "service.name" })
        if !batch.scopeSpans.isEmpty {
            key("scopes")
            byte(0x5b)
            for scope in batch.scopeSpans {
                separator()
                llmScope(scope)
            }
            byte(0x5d)
        }
        byte(0x7d)
    }

    private mutating func llmScope(_ scope: ScopeSpans) {
        byte(0x7b)
        llmText("name", scope.scope?.name ?? "")
        llmText("version", scope.scope?.version ?? "")
        if !scope.spans.isEmpty {
            key("spans")
            byte(0x5b)
            for span in scope.spans {
                separator()
                llmSpan(span)
            }
            byte(0x5d)
        }
        byte(0x7d)
    }

    private mutating func llmSpan(_ span: TraceSpan) {
        byte(0x7b)
        llmHex("spanId", span.spanID)
        llmText("name", span.name)
        llmHex("parentSpanId", span.parentSpanID)
        if span.kind != .unspecified {
            key("kind")
            enumeration(span.kind)
        }
        key("startTimeUnixNano")
        quoted(span.startTimeUnixNano)
        key("endTimeUnixNano")
        quoted(span.endTimeUnixNano)
        key("durationMs")
        // The difference of two 64-bit numbers, read as signed, so that an end before the start gives a negative duration.
        double(Double(Int64(bitPattern: span.endTimeUnixNano &- span.startTimeUnixNano)) / 1e6)
        llmAttributes("attributes", span.attributes)
        if !span.events.isEmpty {
            key("events")
            byte(0x5b)
            for event in span.events {
                separator()
                byte(0x7b)
                llmText("name", event.name)
                key("timeUnixNano")
                quoted(event.timeUnixNano)
                llmAttributes("attributes", event.attributes)
                byte(0x7d)
            }
            byte(0x5d)
        }
        if !span.links.isEmpty {
            key("links")
            byte(0x5b)
            for link in span.links {
                separator()
                byte(0x7b)
                llmHex("traceId", link.traceID)
                llmHex("spanId", link.spanID)
                llmAttributes("attributes", link.attributes)
                byte(0x7d)
            }
            byte(0x5d)
        }
        key("status")
        literal("{\"code\":")
        let code = span.status?.code ?? .unset
        if code == .unset { literal("\"STATUS_CODE_UNSET\"") } else { enumeration(code) }
        key("message")
        string(span.status?.message ?? "")
        literal("}}")
    }

    private mutating func llmAttributes(_ name: StaticString, _ attributes: [KeyValue]) {
        guard !attributes.isEmpty else { return }
        key(name)
        llmObject(attributes)
    }

    /// Of attributes with the same name the last one counts.
    private mutating func llmObject(_ attributes: [KeyValue]) {
        var members: [String: AnyValue] = [:]
        for attribute in attributes { members[attribute.key] = attribute.value ?? AnyValue() }
        byte(0x7b)
        for name in Text.sortedKeys(members) {
            key(name)
            llmValue(members[name]?.value)
        }
        byte(0x7d)
    }

    /// The depth of values is bounded by the decoder that made them.
    private mutating func llmValue(_ value: AnyValue.Value?) {
        switch value {
        case .string(let value): string(value)
        case .bool(let value): bool(value)
        case .int(let value): decimal(value)
        case .double(let value): double(value)
        case .bytes(let value): hex(value)
        case .stringIndex(let value): decimal(Int64(value))
        case .keyValueList(let list): llmObject(list.values)
        case .array(let list):
            byte(0x5b)
            for element in list.values {
                separator()
                llmValue(element.value)
            }
            byte(0x5d)
        case nil: literal("null")
        }
    }
}
