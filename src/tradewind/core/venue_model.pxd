from libc.stdint cimport int64_t


cdef class VenueModel:
    cdef public list reports
    cdef public int64_t next_due_ns
    cdef public int64_t working, noting
    cpdef object list_instrument(self, object instrument)
    cpdef object advance(self, int64_t time_ns)
    cpdef object on_bar_opened(self, int64_t instrument, int64_t time_ns, int64_t price)
    cpdef object on_bar(self, int64_t instrument, int64_t time_ns, int64_t open_price, int64_t high, int64_t low, int64_t close, int64_t volume)
    cpdef object on_trade(self, int64_t instrument, int64_t time_ns, int64_t price, int64_t size, int64_t side)
    cpdef object on_quote(self, int64_t instrument, int64_t time_ns, int64_t bid, int64_t bid_size, int64_t ask, int64_t ask_size)
    cpdef object on_depth(self, int64_t instrument, int64_t time_ns, int64_t side, int64_t price, int64_t size, int64_t flags)
    cpdef object submit(self, int64_t time_ns, str order_id, int64_t instrument, int64_t side, int64_t quantity, int64_t order_type, int64_t limit_price, int64_t stop_price, int64_t time_in_force, int64_t flags, int64_t expire_time_ns)
    cpdef object cancel(self, int64_t time_ns, str order_id)
    cpdef object amend(self, int64_t time_ns, str order_id, int64_t quantity, int64_t limit_price, int64_t number=*)
