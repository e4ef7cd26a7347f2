import TempoAPI

/// Writes export requests as the JSON that OTLP exporters send.
struct OTLPJSON {
    var numbersAsText: Bool
    var namesOfEnumerations: Bool

    func encode(_ request: Trace) -> String {
        object([("resourceSpans", list(request.resourceSpans.map(resourceSpans)))])
    }

    private func object(_ members: [(String, String)]) -> String {
        "{" + members.map { text($0.0) + ":" + $0.1 }.joined(separator: ", ") + "}"
    }

    private func list(_ elements: [String]) -> String { "[" + elements.joined(separator: ",\n") + "]" }

    private func text(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case _ where scalar.value < 0x20 || scalar.value > 0x7e && scalar.value < 0x1_0000 && numbersAsText:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private func number(_ number: some BinaryInteger) -> String { numbersAsText ? "\"\(number)\"" : "\(number)" }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        text(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: numbersAsText) }.joined())
    }

    private func resourceSpans(_ spans: ResourceSpans) -> String {
        object([
            ("scopeSpans", list(spans.scopeSpans.map(scopeSpans))), ("schemaUrl", text(spans.schemaUrl)),
            ("resource", resource(spans.resource ?? Resource())),
        ])
    }

    private func resource(_ resource: Resource) -> String {
        let references = resource.entityRefs.map { reference in
            object([
                ("schemaUrl", text(reference.schemaUrl)), ("type", text(reference.type)),
                ("idKeys", list(reference.idKeys.map(text))),
                ("descriptionKeys", list(reference.descriptionKeys.map(text))),
            ])
        }
        return object([
            ("attributes", attributes(resource.attributes)), ("futureField", #"{"a":[1,2,{"b":null}],"c":"\u00e9"}"#),
            ("droppedAttributesCount", "\(resource.droppedAttributesCount)"), ("entityRefs", list(references)),
        ])
    }

    private func scopeSpans(_ spans: ScopeSpans) -> String {
        let scope = spans.scope ?? InstrumentationScope()
        return object([
            ("spans", list(spans.spans.map(span))), ("schemaUrl", text(spans.schemaUrl)),
            (
                "scope",
                object([
                    ("name", text(scope.name)), ("version", text(scope.version)),
                    ("attributes", attributes(scope.attributes)),
                    ("droppedAttributesCount", "\(scope.droppedAttributesCount)"),
                ])
            ),
        ])
    }

    private func enumeration(_ number: Int32, _ names: [(value: Int32, name: StaticString)]) -> String {
        if namesOfEnumerations, let known = names.first(where: { $0.value == number }) { return "\"\(known.name)\"" }
        return "\(number)"
    }

    private func span(_ span: TraceSpan) -> String {
        var members = [
            ("traceId", hexadecimal(span.traceID)), ("spanId", hexadecimal(span.spanID)),
            ("parentSpanId", hexadecimal(span.parentSpanID)), ("traceState", text(span.traceState)),
            ("flags", "\(span.flags)"), ("name", text(span.name)),
            ("kind", enumeration(span.kind.rawValue, SpanKind.names)),
            ("startTimeUnixNano", number(span.startTimeUnixNano)), ("endTimeUnixNano", number(span.endTimeUnixNano)),
            ("attributes", attributes(span.attributes)), ("droppedAttributesCount", "\(span.droppedAttributesCount)"),
            ("events", list(span.events.map(event))), ("droppedEventsCount", "\(span.droppedEventsCount)"),
            ("links", list(span.links.map(link))), ("droppedLinksCount", "\(span.droppedLinksCount)"),
        ]
        if let status = span.status {
            members.append(
                (
                    "status",
                    object([
                        ("message", text(status.message)),
                        ("code", enumeration(status.code.rawValue, SpanStatusCode.names)),
                    ])
                ))
        }
        return object(members)
    }

    private func event(_ event: SpanEvent) -> String {
        object([
            ("timeUnixNano", number(event.timeUnixNano)), ("name", text(event.name)),
            ("attributes", attributes(event.attributes)), ("droppedAttributesCount", "\(event.droppedAttributesCount)"),
        ])
    }

    private func link(_ link: SpanLink) -> String {
        object([
            ("traceId", hexadecimal(link.traceID)), ("spanId", hexadecimal(link.spanID)),
            ("traceState", text(link.traceState)), ("attributes", attributes(link.attributes)),
            ("droppedAttributesCount", "\(link.droppedAttributesCount)"), ("flags", "\(link.flags)"),
        ])
    }

    private func attributes(_ attributes: [KeyValue]) -> String {
        list(
            attributes.map { attribute in
                object([("key", text(attribute.key))] + (attribute.value.map { [("value", value($0))] } ?? []))
            })
    }

    private func value(_ value: AnyValue) -> String {
        switch value.value {
        case .string(let string): object([("stringValue", text(string))])
        case .bool(let bool): object([("boolValue", "\(bool)")])
        case .int(let int): object([("intValue", number(int))])
        case .double(let double):
            object([("doubleValue", double.isInfinite ? (double > 0 ? "\"Infinity\"" : "\"-Infinity\"") : "\(double)")])
        case .array(let array): object([("arrayValue", object([("values", list(array.values.map(self.value)))]))])
        case .keyValueList(let list): object([("kvlistValue", object([("values", attributes(list.values))]))])
        case .bytes(let bytes): object([("bytesValue", text(base64(bytes)))])
        case .stringIndex, nil: "{}"
        }
    }

    private func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var result = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for index in 0..<4 { result.append(index <= group.count ? digits[bits >> (18 - 6 * index) & 63] : "=") }
        }
        return result
    }
}
