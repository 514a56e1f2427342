cimport cython


cdef double _FILL_MAX
cdef tuple _SIDES


@cython.locals(quantity=double, price=double, fee=double, size=double, fills=list)
cpdef list fills_of(object rows)
cpdef double fees_paid(object fills) except? -1
cpdef double turnover(object fills) except? -1
