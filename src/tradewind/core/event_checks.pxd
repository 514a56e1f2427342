from tradewind.core.state cimport State


cpdef void check(State state, object event) except *
