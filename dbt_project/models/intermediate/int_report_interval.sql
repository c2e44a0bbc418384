{{ counting_intervals(ref('int_report_definition'), ref('int_counting_stay'), ref('int_service_span')) }}
