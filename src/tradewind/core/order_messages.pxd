from tradewind.core.orders cimport Order
from tradewind.core.target cimport Target
from libc.stdint cimport int64_t


cdef tuple SIDES, LEGS, TYPES, TIMES, FLAGS


cpdef object order_intended(Order order, str strategy, str instrument)
cpdef object target_intended(Target target, str strategy, str instrument)
cpdef object submit_order(int64_t time_ns, Order order, str account, str venue, str instrument)
