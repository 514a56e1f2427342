from tradewind.core.state cimport State


cpdef object check(State state, object event)
cpdef int check_words(object side, object time_in_force, object flags, object leg, object expire_time_ns) except -1
cpdef int check_order_id(str order_id) except -1
cpdef int check_target(object kind, object sizing, object leg) except -1
