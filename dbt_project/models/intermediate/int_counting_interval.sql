{{ counting_intervals(ref('int_counting_definition'), ref('int_counting_stay'), ref('int_service_span')) }}
