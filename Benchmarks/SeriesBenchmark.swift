import TempoAPI

/// The JSON answer of a range query, read and written: 1,000 series of 240 samples, one core.
enum SeriesBenchmark {
    static func run() throws {
        print("\nseries: JSON of 1,000 series x 240 samples, one core")
        let counts = answer { Double($0 % 7) }
        let rates = answer { Double($0 % 97) * (1.0 / 15) }
        for (name, response) in [("counts", counts), ("rates", rates)] {
            let bytes = response.json
            var sink = 0
            let reading = try Measurement {
                sink &+= try QueryRangeResponse.decode(json: bytes).series.count
            }
            Report.line(
                "\(name): read \(bytes.count / 1000) kB",
                Report.number(reading.megabytesPerSecond(bytes.count)) + " MB/s",
                "wanted 100")
            let writing = Measurement { sink &+= response.json.count }
            Report.line("\(name): write", Report.number(writing.megabytesPerSecond(bytes.count)) + " MB/s")
            if sink == 0 { print("nothing was measured") }
        }
    }

    private static func answer(_ value: (Int) -> Double) -> QueryRangeResponse {
        let start: Int64 = 1_795_216_200_000
        return QueryRangeResponse(
            series: (0..<1000).map { number in
                TimeSeries(
                    labels: [
                        KeyValue(key: "resource.service.name", value: .string("service-\(number % 40)")),
                        KeyValue(key: "span.http.route", value: .string("/api/v1/things/\(number)")),
                    ],
                    samples: (0..<240).map {
                        Sample(timestampMs: start + Int64($0) * 15_000, value: value(number &* 31 &+ $0))
                    })
            }, metrics: SearchMetrics(inspectedBytes: 10, completedJobs: 1, totalJobs: 1))
    }
}
