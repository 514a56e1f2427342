from libc.stdint cimport int64_t


cdef class LatencyModel:
    cdef public int64_t is_instant
    cpdef int64_t order_ns(self, int64_t time_ns, int64_t number) except? -1
    cpdef int64_t report_ns(self, int64_t time_ns, int64_t number) except? -1
    cpdef LatencyModel seeded(self, object seed)


cdef class Constant(LatencyModel):
    cdef readonly int64_t order_delay_ns, report_delay_ns
    cpdef int64_t order_ns(self, int64_t time_ns, int64_t number) except? -1
    cpdef int64_t report_ns(self, int64_t time_ns, int64_t number) except? -1


cdef class Jitter(LatencyModel):
    cdef readonly int64_t order_delay_ns, report_delay_ns
    cdef readonly double sigma
    cdef readonly object seed
    cpdef int64_t order_ns(self, int64_t time_ns, int64_t number) except? -1
    cpdef int64_t report_ns(self, int64_t time_ns, int64_t number) except? -1
    cpdef LatencyModel seeded(self, object seed)
    cdef int64_t _drawn(self, int64_t median_ns, int64_t stream) except? -1


cdef class Table(LatencyModel):
    cdef readonly list times_ns, order_delays_ns, report_delays_ns
    cpdef int64_t order_ns(self, int64_t time_ns, int64_t number) except? -1
    cpdef int64_t report_ns(self, int64_t time_ns, int64_t number) except? -1
