cimport cython
from libc.stdint cimport int64_t


cdef double _DUST


@cython.locals(time_ns=int64_t, now_ns=int64_t, begin_ns=int64_t, end_ns=int64_t, since_ns=int64_t, exposed_ns=int64_t, side=double, quantity=double, before=double, after=double, positions=dict)
cpdef object exposure_time_share(object fills, object equity_time_ns)
