#if os(Linux)
    import CPlatform
    import Glibc

    /// Linux: edge-triggered epoll. A descriptor is registered once, for everything, and never touched again.
    final class EpollPoller: Poller {
        private let descriptor: Int32
        private let wakeDescriptor: Int32
        /// By descriptor.
        private var channels: [Channel?] = []
        private var events = [epoll_event](repeating: epoll_event(), count: 256)

        var waker: Waker { Waker(writeDescriptor: wakeDescriptor) }

        init() throws(TransportError) {
            let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
            guard descriptor >= 0 else { throw TransportError(code: .eventLoop, call: "epoll_create1", errno: errno) }
            let wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
            guard wakeDescriptor >= 0 else {
                let number = errno
                SystemCalls.close(descriptor)
                throw TransportError(code: .eventLoop, call: "eventfd", errno: number)
            }
            var event = epoll_event()
            event.events = EPOLLIN.rawValue
            event.data.fd = wakeDescriptor
            guard epoll_ctl(descriptor, EPOLL_CTL_ADD, wakeDescriptor, &event) == 0 else {
                let number = errno
                SystemCalls.close(descriptor)
                SystemCalls.close(wakeDescriptor)
                throw TransportError(code: .eventLoop, call: "epoll_ctl", errno: number)
            }
            self.descriptor = descriptor
            self.wakeDescriptor = wakeDescriptor
        }

        func add(_ channel: Channel) -> Int32 {
            var event = epoll_event()
            event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
            event.data.fd = channel.descriptor
            guard epoll_ctl(descriptor, EPOLL_CTL_ADD, channel.descriptor, &event) == 0 else { return errno }
            let index = Int(channel.descriptor)
            while channels.count <= index { channels.append(nil) }
            channels[index] = channel
            return 0
        }

        func update(_ channel: Channel) {}

        func remove(_ channel: Channel) {
            // Closing the descriptor takes it out of the epoll set: it is not shared with another process or duplicated.
            let index = Int(channel.descriptor)
            if index < channels.count { channels[index] = nil }
        }

        func wait(timeout: Int32, deliver: (Channel, PollEvents) -> Void) {
            let count = events.withUnsafeMutableBufferPointer { buffer in
                epoll_wait(descriptor, buffer.baseAddress, Int32(buffer.count), timeout)
            }
            guard count > 0 else { return }
            for position in 0..<Int(count) {
                let event = events[position]
                if event.data.fd == wakeDescriptor {
                    var value: UInt64 = 0
                    _ = read(wakeDescriptor, &value, 8)
                    continue
                }
                // A channel closed earlier in this batch is gone from the table. Its number cannot name a new channel yet:
                // delivery closes sockets but opens none, that is left to the loop's work.
                let index = Int(event.data.fd)
                guard index < channels.count, let channel = channels[index] else { continue }
                var happened: PollEvents = []
                let flags = event.events
                if flags & EPOLLIN.rawValue != 0 { happened.insert(.readable) }
                if flags & EPOLLOUT.rawValue != 0 { happened.insert(.writable) }
                if flags & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
                    happened.formUnion([.hangup, .readable])
                    if flags & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 { happened.insert(.writable) }
                }
                deliver(channel, happened)
            }
        }

        func close() {
            SystemCalls.close(descriptor)
            SystemCalls.close(wakeDescriptor)
        }
    }
#endif
